-- A task says how far it is inside. Absolute values: saying it twice changes nothing.
-- Only the consumer that owns the entry is heard. Progress forgives the deliveries before it,
-- so that a long task may outlive any number of workers.
-- KEYS: operation, stream, dead letters. ARGV: id, group, consumer, entry, task key, now, channel,
-- stage, total, completed, failed, percent, 1 to forget the failures told before, n,
-- n times (field, value), then per failure: key, message, reason, attempts.
-- Returns 1 where it was heard.
local id, group, consumer, entry, task, now = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local pending = redis.call('XPENDING', KEYS[2], group, entry, entry, 1)
if #pending == 0 or pending[1][2] ~= consumer then return 0 end
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local before = redis.call('HMGET', KEYS[1], 's:completed', 's:percent')
if tonumber(ARGV[10]) > tonumber(before[1] or 0) or tonumber(ARGV[12]) > tonumber(before[2] or 0) then
  redis.call('XCLAIM', KEYS[2], group, consumer, 0, entry, 'RETRYCOUNT', 0, 'JUSTID')
end
local percent = math.max(tonumber(ARGV[12]), tonumber(before[2] or 0))
redis.call('HSET', KEYS[1], 's:stage', ARGV[8], 's:total', ARGV[9], 's:completed', ARGV[10], 's:failed', ARGV[11],
  's:percent', percent, 'update_ms', now)
if ARGV[13] == '1' then redis.call('DEL', KEYS[3]) end
local fields = tonumber(ARGV[14])
for i = 15, 14 + 2 * fields, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
for i = 15 + 2 * fields, #ARGV, 4 do
  redis.call('XADD', KEYS[3], '*', 'k', ARGV[i], 'm', ARGV[i + 1], 'r', ARGV[i + 2], 'a', ARGV[i + 3], 't', now, 'o', task)
end
redis.call('HINCRBY', KEYS[1], 'sequence', 1)
redis.call('PUBLISH', ARGV[7], id)
return 1
