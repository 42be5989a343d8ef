-- Give a raffle's lease back, if it is still mine.
-- KEYS[1] the lease. ARGV: my node. Returns whether it was mine.
local held = redis.call('GET', KEYS[1])
if held and cjson.decode(held).node == ARGV[1] then
    return redis.call('DEL', KEYS[1])
end
return 0
