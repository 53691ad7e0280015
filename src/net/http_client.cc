#include "net/http_client.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <optional>
#include <vector>

#include "net/public_address.h"

namespace sluice::net {
namespace {

struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, ListDeleter>;

// What one call collects; libcurl's callbacks get it by pointer.
struct Transfer {
  ClientResponse response;
  const HttpClient::Sink* sink = nullptr;
  ByteCount max_header;
  uint64_t header_bytes = 0;
  bool head_ended = false;
  std::optional<Error> failure;
  std::array<char, CURL_ERROR_SIZE> text{};  // libcurl's own words
};

size_t OnBody(const char* data, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const Status taken = (*transfer.sink)({data, size * count});
  if (taken) return size * count;
  transfer.failure = taken.error();
  return CURL_WRITEFUNC_ERROR;
}

void TakeHeaderLine(std::string_view line, Headers& headers) {
  if (line.starts_with(' ') || line.starts_with('\t')) return;  // a folded line, long obsolete
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  const size_t first = line.find_first_not_of(" \t\r\n", colon + 1);
  const size_t last = line.find_last_not_of(" \t\r\n");
  const bool empty = first == std::string_view::npos;
  headers.Add(std::string(line.substr(0, colon)),
              empty ? "" : std::string(line.substr(first, last - first + 1)));
}

size_t OnHeader(const char* data, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string_view line(data, size * count);
  transfer.header_bytes += line.size();
  if (transfer.header_bytes > transfer.max_header.value) {
    transfer.failure = Error{
        .code = Code::kUnavailable,
        .message = fmt::format("the other server's answer has more than {} of header",
                               HumanBytes(transfer.max_header)),
        .detail = {},
        .reason = kNetHeader,
    };
    return CURL_WRITEFUNC_ERROR;
  }
  if (line.starts_with("HTTP/")) {  // what came before was of an interim answer
    transfer.response.headers = {};
    transfer.head_ended = false;
  } else if (line == "\r\n" || line == "\n") {
    transfer.head_ended = true;
  } else if (!transfer.head_ended) {  // else a trailer
    TakeHeaderLine(line, transfer.response.headers);
  }
  return line.size();
}

bool IsWebUrl(std::string_view url) {
  const auto begins = [url](std::string_view scheme) {
    return url.size() > scheme.size() &&
           std::equal(scheme.begin(), scheme.end(), url.begin(),
                      [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b + 32 : b); });
  };
  return begins("http://") || begins("https://");
}

Status CheckHeaders(const Headers& headers) {
  constexpr std::string_view kBreaks("\r\n\0", 3);
  for (const auto& [name, value] : headers.fields()) {
    if (name.empty() || name.find_first_of(kBreaks) != std::string::npos ||
        value.find_first_of(kBreaks) != std::string::npos) {
      return Fail(Code::kInvalidArgument, "a header of the request is not one line");
    }
  }
  return {};
}

void Append(const std::string& line, HeaderList& list) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) return;
  static_cast<void>(list.release());
  list.reset(longer);
}

// libcurl takes "Name:" as a wish to leave the header out, and "Name;" as one without a value.
HeaderList ToList(const Headers& headers) {
  HeaderList list;
  for (const auto& [name, value] : headers.fields()) {
    const bool empty = value.find_first_not_of(" \t") == std::string::npos;
    Append(empty ? name + ";" : fmt::format("{}: {}", name, value), list);
  }
  Append("Expect:", list);
  if (!headers.Find("Content-Type")) Append("Content-Type:", list);  // libcurl would call it a form
  return list;
}

void SetMethod(CURL* curl, const ClientRequest& request) {
  if (request.method == Method::kHead) curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  if (!request.other_name.empty()) {
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.other_name.c_str());
  }
  if (request.method != Method::kPost && request.method != Method::kPut) return;
  curl_easy_setopt(curl, CURLOPT_POST, 1L);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.c_str());
  // As a POST by another name: so libcurl can send the body again on a new connection by itself.
  if (request.method == Method::kPut && request.other_name.empty()) {
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, "PUT");
  }
}

void SetOptions(CURL* curl, const ClientOptions& options) {
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  // Else a call whose time is over waits for a name server that does not answer.
  curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(std::max<Millis::rep>(options.connect_timeout.count(), 1)));
  if (options.stall_timeout.count() > 0) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(options.stall_timeout);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1024L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(seconds.count()));
  }
  if (!options.proxy.empty()) {
    const bool none = options.proxy == "none";
    curl_easy_setopt(curl, CURLOPT_PROXY, none ? "" : options.proxy.c_str());
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "");  // not the environment's
  }
  if (!options.ca_file.empty()) {
    curl_easy_setopt(curl, CURLOPT_CAINFO, options.ca_file.c_str());
    curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
  }
}

std::string_view ReasonOf(CURL* curl, CURLcode code) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT: {
      long sent = 0;
      curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &sent);
      return sent == 0 ? kNetConnect : kNetTimeout;
    }
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY: return kNetConnect;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: return kNetDns;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_USE_SSL_FAILED: return kNetTls;
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR: return kNetCut;
    case CURLE_UNSUPPORTED_PROTOCOL:  // HTTP/0.9, which is to say anything
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING: return kNetProtocol;
    default: return kNetOther;
  }
}

std::unexpected<Error> Failure(CURL* curl, CURLcode code, const Transfer& transfer) {
  std::string detail = transfer.text.data();
  // Complaints about a proxy's URL repeat it, password and all.
  if (detail.empty() || detail.starts_with("Unsupported proxy s"))
    detail = curl_easy_strerror(code);
  switch (code) {
    case CURLE_URL_MALFORMAT:
      return Fail(Code::kInvalidArgument, "not an http or https URL", std::move(detail));
    case CURLE_PEER_FAILED_VERIFICATION:
      return Fail(Code::kPermissionDenied,
                  "the other server's certificate is not trusted: set ca_file to the certificate "
                  "of its issuer, and reach it by a name that its certificate holds",
                  std::move(detail));
    case CURLE_SSL_CACERT_BADFILE:
      return Fail(Code::kPermissionDenied,
                  "the trusted certificates cannot be read: set ca_file to a readable PEM file",
                  std::move(detail));
    default:
      return Fail(Code::kUnavailable, "the other server does not answer", std::move(detail),
                  ReasonOf(curl, code));
  }
}

// The sockets of a client's connections, in use and kept.
struct Sockets {
  std::vector<curl_socket_t> open{};
  bool public_only = false;
  bool refused = false;  // an address, in this call
};

bool IsPublic(const curl_sockaddr& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes = nullptr;
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (address.family == AF_INET) {
    std::memcpy(&v4, &address.addr, sizeof(v4));
    bytes = &v4.sin_addr;
  } else if (address.family == AF_INET6) {
    std::memcpy(&v6, &address.addr, sizeof(v6));
    bytes = &v6.sin6_addr;
  }
  if (bytes == nullptr || ::inet_ntop(address.family, bytes, text.data(), text.size()) == nullptr) {
    return false;
  }
  const auto parsed = IpAddress::Parse(text.data());
  return parsed && IsPublicAddress(*parsed);
}

curl_socket_t OnOpen(void* user, curlsocktype /*purpose*/, curl_sockaddr* address) {
  auto& sockets = *static_cast<Sockets*>(user);
  if (sockets.public_only && !IsPublic(*address)) {
    sockets.refused = true;
    return CURL_SOCKET_BAD;
  }
  const int fd = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (fd < 0) return CURL_SOCKET_BAD;
  sockets.open.push_back(fd);
  return fd;
}

int OnClose(void* user, curl_socket_t fd) {
  std::erase(static_cast<Sockets*>(user)->open, fd);
  return ::close(fd);
}

// Bytes that came after an answer had ended: libcurl would take them for the next one.
bool HasLeftovers(curl_socket_t fd) {
  char byte = 0;
  return ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

}  // namespace

struct HttpClient::State {
  ClientOptions options;
  CURL* curl = nullptr;
  Sockets sockets;

  void MakeReady() {
    sockets.public_only = options.public_only;
    sockets.refused = false;
    if (std::ranges::any_of(sockets.open, HasLeftovers)) {
      curl_easy_cleanup(curl);  // closes all its connections
      curl = curl_easy_init();
    }
    if (curl == nullptr) return;
    curl_easy_reset(curl);  // keeps connections
    SetOptions(curl, options);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, &OnOpen);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, &sockets);
    curl_easy_setopt(curl, CURLOPT_CLOSESOCKETFUNCTION, &OnClose);
    curl_easy_setopt(curl, CURLOPT_CLOSESOCKETDATA, &sockets);
  }
};

HttpClient::HttpClient(ClientOptions options) : state_(std::make_unique<State>()) {
  state_->options = std::move(options);
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  state_->curl = curl_easy_init();
}

HttpClient::~HttpClient() { curl_easy_cleanup(state_->curl); }

Result<ClientResponse> HttpClient::Stream(const ClientRequest& request, const Sink& sink) {
  if (!IsWebUrl(request.url)) return Fail(Code::kInvalidArgument, "not an http or https URL");
  TRY(CheckHeaders(request.headers));
  if (!std::ranges::all_of(request.other_name, [](char c) { return c >= 'A' && c <= 'Z'; })) {
    return Fail(Code::kInvalidArgument, "the name of the method is not one");
  }
  state_->MakeReady();
  CURL* curl = state_->curl;
  if (curl == nullptr) {
    return Fail(Code::kUnavailable, "no HTTP client", "curl_easy_init failed", kNetOther);
  }
  Transfer transfer;
  transfer.sink = &sink;
  transfer.max_header = state_->options.max_header;
  const HeaderList headers = ToList(request.headers);
  SetMethod(curl, request);
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(std::max<Millis::rep>(request.timeout.count(), 1)));
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, transfer.text.data());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &OnBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &OnHeader);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer);
  const CURLcode code = curl_easy_perform(curl);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, nullptr);
  if (transfer.failure) return std::unexpected(*std::move(transfer.failure));
  if (code != CURLE_OK && state_->sockets.refused) {
    return Fail(Code::kPermissionDenied, "the URL leads to an address that is not a public one");
  }
  if (code != CURLE_OK) return Failure(curl, code, transfer);
  if (!transfer.head_ended) {  // libcurl takes half a head for an answer without a body
    return Fail(Code::kUnavailable, "the other server does not answer",
                "the connection closed in the head of the answer", kNetCut);
  }
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  transfer.response.status = static_cast<int>(status);
  return std::move(transfer.response);
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
