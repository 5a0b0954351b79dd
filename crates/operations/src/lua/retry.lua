-- Queues the dead letters of an ended operation again.
-- KEYS: operation, stream, dead letters. ARGV: id, now, channel.
-- Returns the number of tasks, -1 where the operation is gone, -2 where it still runs.
local state = redis.call('HGET', KEYS[1], 'state')
if not state then return -1 end
if state ~= 'succeeded' and state ~= 'failed' and state ~= 'cancelled' then return -2 end
local dead = redis.call('XRANGE', KEYS[3], '-', '+')
if #dead == 0 then return 0 end
for _, entry in ipairs(dead) do
  redis.call('XADD', KEYS[2], '*', 'o', ARGV[1], 'k', entry[2][2], 'a', '1')
end
redis.call('DEL', KEYS[3])
redis.call('PERSIST', KEYS[1])
redis.call('HDEL', KEYS[1], 'end_ms')
redis.call('HINCRBY', KEYS[1], 'failed', -#dead)
redis.call('HSET', KEYS[1], 'state', 'running', 'update_ms', ARGV[2])
redis.call('HINCRBY', KEYS[1], 'sequence', 1)
redis.call('PUBLISH', ARGV[3], ARGV[1])
return #dead
