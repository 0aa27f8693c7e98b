-- A node says that it is there, and learns who is. The engine's clock decides who was silent for too long.
-- KEYS: the set of nodes with the times at which they expire; the hash with what all agree on.
-- ARGV: me; my timeout in ms; the generation that I know, empty when I join; whom I was before, empty if nobody;
--       my channel; what to echo there; the channel of news; what no other generation is called; the ticket secret's check; the secret.
-- Returns: whether I am in; generation; its age in ms; check; secret; all nodes; their timeout in ms, empty if nobody said it.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local nodes, cluster = KEYS[1], KEYS[2]
local me, known, before, news = ARGV[1], ARGV[3], ARGV[4], ARGV[7]
local generation = redis.call('HGET', cluster, 'generation')
if not generation then
  generation = ARGV[8] .. '-' .. now
  redis.call('HSET', cluster, 'generation', generation, 'since', now, 'check', ARGV[9], 'secret', ARGV[10])
end
local gone = redis.call('ZREMRANGEBYSCORE', nodes, '-inf', now)
if before ~= '' then gone = gone + redis.call('ZREM', nodes, before) end
-- When all was lost nobody was expelled.
local is_in = redis.call('ZSCORE', nodes, me)
local may_enter = known ~= generation
-- Who was there before has given tickets: its secret goes before that of a node which came first when all was lost, and which waits for
-- as long as a lease lasts before it uses one.
local was_there = known ~= '' or before ~= ''
local age = now - tonumber(redis.call('HGET', cluster, 'since') or now)
if was_there and may_enter and not is_in and age < ARGV[2] * 4 / 5 then
  redis.call('HSET', cluster, 'check', ARGV[9], 'secret', ARGV[10])
end
if known == '' and not is_in then
  -- Who may not be with those that are there is out before anybody leaves it a room: it has another ticket secret, and it or they keep
  -- theirs to themselves; or it and a node that is there have no version in common.
  local agreed = redis.call('HMGET', cluster, 'check', 'secret')
  local keeps_apart = ARGV[10] == '' or (agreed[2] or '') == ''
  if agreed[1] ~= ARGV[9] and keeps_apart then
    if redis.call('ZCARD', nodes) > 0 then
      may_enter = false
    elseif may_enter then
      -- Nobody is there who has the other one.
      redis.call('HSET', cluster, 'check', ARGV[9], 'secret', ARGV[10])
    end
  end
  -- With another timeout it would not wait for as long as their leases last.
  local timeout = redis.call('HGET', cluster, 'timeout')
  if timeout and timeout ~= ARGV[2] and redis.call('ZCARD', nodes) > 0 then may_enter = false end
  local oldest, newest = string.match(me, '/(%d+)%-(%d+)$')
  for _, node in ipairs(redis.call('ZRANGE', nodes, 0, -1)) do
    local from, to = string.match(node, '^%d+%-%x+/(%d+)%-(%d+)$')
    if from and (tonumber(to) < tonumber(oldest) or tonumber(from) > tonumber(newest)) then may_enter = false end
  end
end
if is_in or may_enter then
  redis.call('ZADD', nodes, now + ARGV[2], me)
  if not is_in then redis.call('HSET', cluster, 'timeout', ARGV[2]) end
  redis.call('PUBLISH', ARGV[5], ARGV[6])
end
if gone > 0 or (may_enter and not is_in) then redis.call('PUBLISH', news, '') end
local agreed = redis.call('HMGET', cluster, 'since', 'check', 'secret', 'timeout')
return {
  (is_in or may_enter) and 1 or 0, generation, now - tonumber(agreed[1] or now), agreed[2] or '', agreed[3] or '',
  redis.call('ZRANGE', nodes, 0, -1), agreed[4] or '',
}
