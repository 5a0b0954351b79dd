-- Creates an operation (nfields > 0) and queues its tasks [offset, offset + n).
-- Does nothing unless exactly `offset` tasks are queued already, so that two
-- callers that do the same work can't queue a task twice.
-- KEYS: operation, stream. ARGV: id, offset, nfields, fields..., task keys...
-- Returns the number of tasks queued so far.
local id, offset, nfields = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
if nfields > 0 and redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('HSET', KEYS[1], unpack(ARGV, 4, 3 + nfields))
end
local enqueued = tonumber(redis.call('HGET', KEYS[1], 'enqueued') or '-1')
if enqueued ~= offset then return enqueued end
for i = 4 + nfields, #ARGV do
  redis.call('XADD', KEYS[2], '*', 'o', id, 'k', ARGV[i], 'a', '1')
end
return redis.call('HINCRBY', KEYS[1], 'enqueued', #ARGV - 3 - nfields)
