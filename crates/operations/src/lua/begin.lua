-- A worker is about to run tasks of an operation.
-- KEYS: operation. ARGV: id, now, channel, with_request.
-- Returns {state, request or ''}; state is '' where the operation is gone.
local state = redis.call('HGET', KEYS[1], 'state')
if not state then return {'', ''} end
if state == 'pending' then
  state = 'running'
  redis.call('HSET', KEYS[1], 'state', state, 'start_ms', ARGV[2], 'update_ms', ARGV[2])
  redis.call('HINCRBY', KEYS[1], 'sequence', 1)
  redis.call('PUBLISH', ARGV[3], ARGV[1])
end
local request = ''
if ARGV[4] == '1' then request = redis.call('HGET', KEYS[1], 'request') or '' end
return {state, request}
