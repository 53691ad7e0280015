#include "net/http_client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <mutex>
#include <optional>

namespace sluice::net {
namespace {

struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, ListDeleter>;

// What one call collects; libcurl's callbacks get it by pointer.
struct Exchange {
  ClientResponse response;
  const HttpClient::Sink* sink = nullptr;
  std::optional<Error> failure;
};

size_t OnBody(const char* data, size_t size, size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const Status taken = (*exchange.sink)({data, size * count});
  if (taken) return size * count;
  exchange.failure = taken.error();
  return 0;  // libcurl ends the transfer
}

size_t OnHeader(const char* data, size_t size, size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view line(data, size * count);
  if (line.starts_with("HTTP/")) exchange.response.headers = {};  // of an earlier, interim answer
  const size_t colon = line.find(':');
  if (colon != std::string_view::npos) {
    const size_t first = line.find_first_not_of(" \t", colon + 1);
    const size_t last = line.find_last_not_of(" \t\r\n");
    const bool empty = first == std::string_view::npos || last < first;
    exchange.response.headers.Add(std::string(line.substr(0, colon)),
                                  empty ? "" : std::string(line.substr(first, last - first + 1)));
  }
  return line.size();
}

HeaderList ToList(const Headers& headers) {
  HeaderList list;
  for (const auto& [name, value] : headers.fields()) {
    curl_slist* longer = curl_slist_append(list.get(), fmt::format("{}: {}", name, value).c_str());
    if (longer == nullptr) break;
    static_cast<void>(list.release());
    list.reset(longer);
  }
  return list;
}

}  // namespace

struct HttpClient::State {
  ClientOptions options;
  CURL* curl = nullptr;
};

HttpClient::HttpClient(ClientOptions options) : state_(std::make_unique<State>()) {
  state_->options = std::move(options);
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  state_->curl = curl_easy_init();
}

HttpClient::~HttpClient() { curl_easy_cleanup(state_->curl); }

Result<ClientResponse> HttpClient::Stream(const ClientRequest& request, const Sink& sink) {
  CURL* curl = state_->curl;
  if (curl == nullptr) return Fail(Code::kUnavailable, "no HTTP client", "curl_easy_init failed");
  curl_easy_reset(curl);  // keeps connections
  Exchange exchange;
  exchange.sink = &sink;
  const HeaderList headers = ToList(request.headers);
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &OnBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &OnHeader);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &exchange);
  if (request.method == Method::kHead) curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  if (request.method == Method::kPost) {
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.c_str());
  }
  const CURLcode code = curl_easy_perform(curl);
  if (exchange.failure) return std::unexpected(*std::move(exchange.failure));
  if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL) {
    return Fail(Code::kInvalidArgument, "not an http or https URL", curl_easy_strerror(code));
  }
  if (code != CURLE_OK) {
    return Fail(Code::kUnavailable, "the other server does not answer", curl_easy_strerror(code));
  }
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  exchange.response.status = static_cast<int>(status);
  return std::move(exchange.response);
}

Result<ClientResponse> HttpClient::Call(const ClientRequest& request, ByteCount limit) {
  std::string body;
  ClientResponse response = TRY(Stream(request, [&](std::string_view piece) -> Status {
    if (body.size() + piece.size() > limit.value) {
      return Fail(Code::kResourceExhausted,
                  fmt::format("the answer is larger than {}", HumanBytes(limit)));
    }
    body += piece;
    return {};
  }));
  response.body = std::move(body);
  return response;
}

}  // namespace sluice::net
