-- Shared by the scripts that change counts: ends an operation whose tasks are
-- all accounted for, and tells watchers.
local function settle(op, id, now, channel, ttl)
  local v = redis.call('HMGET', op, 'total', 'completed', 'failed', 'skipped', 'state')
  local total, completed, failed, skipped = tonumber(v[1]), tonumber(v[2]), tonumber(v[3]), tonumber(v[4])
  local state = v[5]
  redis.call('HSET', op, 'update_ms', now)
  redis.call('HINCRBY', op, 'sequence', 1)
  local final = false
  if (state == 'pending' or state == 'running' or state == 'cancelling') and completed + failed + skipped >= total then
    final = 'succeeded'
    if skipped > 0 then final = 'cancelled' elseif failed > 0 and completed == 0 then final = 'failed' end
    redis.call('HSET', op, 'state', final, 'end_ms', now)
    redis.call('EXPIRE', op, ttl)
    redis.call('EXPIRE', op .. ':dead', ttl)
  end
  redis.call('PUBLISH', channel, id)
  return final
end
