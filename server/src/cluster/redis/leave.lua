-- A node leaves. KEYS: the set of nodes. ARGV: me; the channel of news.
if redis.call('ZREM', KEYS[1], ARGV[1]) > 0 then redis.call('PUBLISH', ARGV[2], '') end
