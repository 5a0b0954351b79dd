-- Queues the retries whose time has come. KEYS: delayed, stream. ARGV: now, limit.
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
for _, member in ipairs(due) do
  local id, attempt, key = string.match(member, '^(.-)|(.-)|(.*)$')
  redis.call('XADD', KEYS[2], '*', 'o', id, 'k', key, 'a', attempt)
  redis.call('ZREM', KEYS[1], member)
end
return #due
