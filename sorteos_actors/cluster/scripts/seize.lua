-- Take a raffle's lease from a holder that was found dead; from nobody else.
-- KEYS[1] the lease. ARGV: my value, my node, milliseconds to live, the dead node.
-- Returns false when it is mine now, else the value of its holder.
local held = redis.call('GET', KEYS[1])
if held then
    local node = cjson.decode(held).node
    if node ~= ARGV[2] and node ~= ARGV[4] then
        return held
    end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
return false
