-- Keep a raffle's lease, or take it up again after Redis has forgotten it.
-- KEYS[1] the lease. ARGV: my value, my node, milliseconds to live, my epoch.
-- Returns false when it is mine, else the value of the holder that has replaced me: one with a newer
-- epoch, or one that is about to get it (epoch 0). A holder with an older epoch has been deposed in
-- PostgreSQL already and does not know it yet.
local held = redis.call('GET', KEYS[1])
if held then
    local holder = cjson.decode(held)
    if holder.node ~= ARGV[2] and (holder.epoch == 0 or holder.epoch > tonumber(ARGV[4])) then
        return held
    end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
return false
