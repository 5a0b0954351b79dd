-- Cancels an operation: drops what no worker has yet; what runs stops by itself.
-- KEYS: operation, stream, delayed. ARGV: id, group, now, channel, ttl.
-- Returns the state before, '' where the operation is gone, then the final state if it ended.
local state = redis.call('HGET', KEYS[1], 'state')
if not state then return {''} end
if state ~= 'pending' and state ~= 'running' then return {state} end
redis.call('HSET', KEYS[1], 'state', 'cancelling')
local start = '-'
if redis.call('EXISTS', KEYS[2]) == 1 then
  for _, info in ipairs(redis.call('XINFO', 'GROUPS', KEYS[2])) do
    for i = 1, #info, 2 do
      if info[i] == 'last-delivered-id' and info[i + 1] ~= '0-0' then start = '(' .. info[i + 1] end
    end
  end
end
local dropped = sweep(KEYS[2], KEYS[3], ARGV[2], ARGV[1], start)
local v = redis.call('HMGET', KEYS[1], 'queued', 'enqueued')
dropped = dropped + tonumber(v[1]) - tonumber(v[2])
redis.call('HSET', KEYS[1], 'enqueued', v[1])
redis.call('HINCRBY', KEYS[1], 'skipped', dropped)
local final = settle(KEYS[1], ARGV[1], ARGV[3], ARGV[4], ARGV[5])
return {state, final or ''}
