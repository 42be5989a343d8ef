-- Take a raffle's lease, or learn who has it.
-- KEYS[1] the lease. ARGV: my value, my node, milliseconds to live.
-- Returns false when it is mine now, else the value of its holder.
local held = redis.call('GET', KEYS[1])
if held and cjson.decode(held).node ~= ARGV[2] then
    return held
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
return false
