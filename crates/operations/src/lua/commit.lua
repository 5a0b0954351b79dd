-- Acknowledges and counts tasks in one step. A task that this consumer no longer
-- owns (its lease was taken over) is neither acknowledged nor counted.
-- KEYS: stream, delayed. ARGV: group, consumer, now, channel, ttl, op prefix, then
-- per task: entry id, operation id, task key, attempt, verdict, a, b.
--   done:  a = outcome, and sums (`enhanced tokens_used=512`)    retry: a = due time
--   dead:  a = message, b = reason    drop: counted as skipped
-- Returns {tasks not owned, operations that ended...}.
local group, consumer, now, channel, ttl, prefix = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local fenced, sums, order = 0, {}, {}
local function add(op, field, n)
  if not sums[op] then sums[op] = {}; order[#order + 1] = op end
  sums[op][field] = (sums[op][field] or 0) + n
end
for i = 7, #ARGV, 7 do
  local entry, id, key, attempt, verdict, a, b = unpack(ARGV, i, i + 6)
  local pending = redis.call('XPENDING', KEYS[1], group, entry, entry, 1)
  if #pending == 0 or pending[1][2] ~= consumer then
    fenced = fenced + 1
  else
    redis.call('XACK', KEYS[1], group, entry)
    redis.call('XDEL', KEYS[1], entry)
    if redis.call('EXISTS', prefix .. id) == 1 then
      if verdict == 'done' then
        add(id, 'completed', 1)
        add(id, 'o:' .. string.match(a, '^%S*'), 1)
        for name, n in string.gmatch(a, '(%S+)=(%d+)') do add(id, 't:' .. name, tonumber(n)) end
      elseif verdict == 'retry' then
        redis.call('ZADD', KEYS[2], a, id .. '|' .. (tonumber(attempt) + 1) .. '|' .. key)
        add(id, 'redeliveries', 1)
      elseif verdict == 'dead' then
        redis.call('XADD', prefix .. id .. ':dead', '*', 'k', key, 'm', a, 'r', b, 'a', attempt, 't', now)
        redis.call('HSET', prefix .. id, 'error', a)
        add(id, 'failed', 1)
      else
        add(id, 'skipped', 1)
      end
    end
  end
end
local result = {fenced}
for _, id in ipairs(order) do
  for field, n in pairs(sums[id]) do redis.call('HINCRBY', prefix .. id, field, n) end
  if settle(prefix .. id, id, now, channel, ttl) then result[#result + 1] = id end
end
return result
