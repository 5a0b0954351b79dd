-- Queues the dead letters of an ended operation again. A failure inside a task
-- (field o names the task) queues that task, once.
-- KEYS: operation, stream, dead letters. ARGV: id, now, channel.
-- Returns the number of tasks, -1 where the operation is gone, -2 where it still runs.
local state = redis.call('HGET', KEYS[1], 'state')
if not state then return -1 end
if state ~= 'succeeded' and state ~= 'failed' and state ~= 'cancelled' then return -2 end
local dead = redis.call('XRANGE', KEYS[3], '-', '+')
if #dead == 0 then return 0 end
local failed, inside, order = {}, {}, {}
for _, entry in ipairs(dead) do
  local f = {}
  for i = 1, #entry[2], 2 do f[entry[2][i]] = entry[2][i + 1] end
  local key = f.o or f.k
  if not failed[key] and not inside[key] then order[#order + 1] = key end
  if f.o then inside[key] = true else failed[key] = true end
end
local fails, done = 0, 0
for _, key in ipairs(order) do
  redis.call('XADD', KEYS[2], '*', 'o', ARGV[1], 'k', key, 'a', '1')
  if failed[key] then fails = fails + 1 else done = done + 1 end
end
redis.call('DEL', KEYS[3])
redis.call('PERSIST', KEYS[1])
redis.call('HDEL', KEYS[1], 'end_ms', 'error')
redis.call('HINCRBY', KEYS[1], 'failed', string.format('%d', -fails))
redis.call('HINCRBY', KEYS[1], 'completed', string.format('%d', -done))
redis.call('HSET', KEYS[1], 'state', 'running', 'update_ms', ARGV[2])
redis.call('HINCRBY', KEYS[1], 'sequence', 1)
redis.call('PUBLISH', ARGV[3], ARGV[1])
return #order
