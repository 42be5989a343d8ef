-- Give a raffle's lease to another node, if it is still mine.
-- KEYS[1] the lease. ARGV: my node, the heir's value, milliseconds to live. Returns whether it was.
local held = redis.call('GET', KEYS[1])
if held and cjson.decode(held).node == ARGV[1] then
    redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
    return 1
end
return 0
