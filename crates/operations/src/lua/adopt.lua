-- Takes over the tasks of consumers whose lease has run out, and forgets such
-- consumers once they hold nothing.
-- KEYS: stream. ARGV: group, consumer, lease prefix, count.
-- Returns {entry id, deliveries before, fields} per task.
local group, me, lease, count = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local ids, deliveries = {}, {}
for _, info in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], group)) do
  local consumer = {}
  for i = 1, #info, 2 do consumer[info[i]] = info[i + 1] end
  if consumer.name ~= me and redis.call('EXISTS', lease .. consumer.name) == 0 then
    if consumer.pending == 0 then
      redis.call('XGROUP', 'DELCONSUMER', KEYS[1], group, consumer.name)
    elseif #ids < count then
      for _, p in ipairs(redis.call('XPENDING', KEYS[1], group, '-', '+', count - #ids, consumer.name)) do
        ids[#ids + 1] = p[1]
        deliveries[p[1]] = p[4]
      end
    end
  end
end
if #ids == 0 then return {} end
local result = {}
for _, entry in ipairs(redis.call('XCLAIM', KEYS[1], group, me, 0, unpack(ids))) do
  if entry then
    result[#result + 1] = {entry[1], deliveries[entry[1]], entry[2]}
    local fields = {}
    for i = 1, #entry[2], 2 do fields[entry[2][i]] = entry[2][i + 1] end
    local op = ARGV[5] .. fields.o
    if redis.call('EXISTS', op) == 1 then redis.call('HINCRBY', op, 'redeliveries', 1) end
  end
end
return result
