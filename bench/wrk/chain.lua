-- Another route and another consumer's key for each request.
local n = 0
function request()
  n = (n + 7919) % 100000
  local route = n % 10000
  local headers = { ["apikey"] = string.format("key-%05d", n) }
  return wrk.format("GET", string.format("/api/%d/resource-%d", route % 100, route), headers)
end
