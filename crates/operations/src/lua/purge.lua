-- Forgets an operation and everything queued for it.
-- KEYS: operation, stream, delayed. ARGV: id, group.
local removed = sweep(KEYS[2], KEYS[3], ARGV[2], ARGV[1], '-')
redis.call('DEL', KEYS[1], KEYS[1] .. ':dead')
return removed
