// net/http_pool.h -- HTTP from many threads to other servers, over connections that are kept open.
//
// A call borrows an idle client (the one used last, whose connections are warm) or makes one.
// Redirects are never followed. Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "net/http_client.h"

namespace sluice::net {

class HttpPool {
 public:
  explicit HttpPool(ClientOptions options, size_t max_idle = 64);
  ~HttpPool();

  // As HttpClient::Call.
  Result<ClientResponse> Call(const ClientRequest& request, ByteCount limit);

 private:
  std::unique_ptr<HttpClient> Take();
  void Put(std::unique_ptr<HttpClient> client);

  const ClientOptions options_;
  const size_t max_idle_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<HttpClient>> idle_;  // the last one was used last
};

}  // namespace sluice::net
