-- Shared by cancel and purge: removes the queued tasks of one operation from a
-- stream, from `start` on, and its waiting retries. Returns how many.
local function sweep(stream, delayed, group, id, start)
  local removed = 0
  while true do
    local entries = redis.call('XRANGE', stream, start, '+', 'COUNT', 1000)
    for _, entry in ipairs(entries) do
      for i = 1, #entry[2], 2 do
        if entry[2][i] == 'o' and entry[2][i + 1] == id then
          redis.call('XACK', stream, group, entry[1])
          redis.call('XDEL', stream, entry[1])
          removed = removed + 1
        end
      end
      start = '(' .. entry[1]
    end
    if #entries < 1000 then break end
  end
  for _, member in ipairs(redis.call('ZRANGE', delayed, 0, -1)) do
    if string.sub(member, 1, #id + 1) == id .. '|' then
      redis.call('ZREM', delayed, member)
      removed = removed + 1
    end
  end
  return removed
end
