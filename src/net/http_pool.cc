#include "net/http_pool.h"

#include <utility>

namespace sluice::net {

HttpPool::HttpPool(ClientOptions options, size_t max_idle)
    : options_(std::move(options)), max_idle_(max_idle) {}

HttpPool::~HttpPool() = default;

Result<ClientResponse> HttpPool::Call(const ClientRequest& request, ByteCount limit) {
  std::unique_ptr<HttpClient> client = Take();
  Result<ClientResponse> response = client->Call(request, limit);
  Put(std::move(client));
  return response;
}

std::unique_ptr<HttpClient> HttpPool::Take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<HttpClient> client = std::move(idle_.back());
      idle_.pop_back();
      return client;
    }
  }
  return std::make_unique<HttpClient>(options_);
}

// One client too many is closed by the caller's thread, outside of the lock.
void HttpPool::Put(std::unique_ptr<HttpClient> client) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < max_idle_) idle_.push_back(std::move(client));
}

}  // namespace sluice::net
