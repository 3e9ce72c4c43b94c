wrk.method = "POST"
wrk.body = '{"name":"Ann Example","age":41,"tags":["a","b","c"],"address":{"street":"Long Road 1","city":"Town","zip":"12345"}}'
wrk.headers["Content-Type"] = "application/json"
