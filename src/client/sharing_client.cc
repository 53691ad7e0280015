#include "client/sharing_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/encoding.h"

namespace sluice::client {
namespace {

constexpr ByteCount kMaxTokenAnswer = KiB(256);
constexpr json::Limits kLineLimits{.size = MiB(32), .depth = 100};

// libcurl needs to know which methods have a body, and that HEAD's answers have none.
net::Method MethodOf(const Call& call) {
  if (call.method == "HEAD") return net::Method::kHead;
  if (call.method == "PUT") return net::Method::kPut;
  return call.method == "POST" || !call.body.empty() ? net::Method::kPost : net::Method::kGet;
}

std::string Base64(std::string_view bytes) {
  std::string text = Base64Url(bytes);
  std::ranges::replace(text, '-', '+');
  std::ranges::replace(text, '_', '/');
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

net::ClientRequest RequestOf(const Call& call, std::string url, Millis timeout) {
  net::ClientRequest request{.method = MethodOf(call),
                             .url = std::move(url),
                             .headers = {},
                             .body = call.body,
                             .timeout = timeout};
  if (call.method != net::MethodName(request.method)) request.other_name = call.method;
  for (const auto& [name, value] : call.headers) request.headers.Add(name, value);
  return request;
}

}  // namespace

std::string_view Answer::Header(std::string_view name) const {
  return headers.Find(name).value_or(std::string_view());
}

SharingClient::SharingClient(Profile profile, ClientLimits limits, std::string ca_file)
    : profile_(std::move(profile)),
      limits_(limits),
      ca_file_(std::move(ca_file)),
      token_(profile_.bearer_token),
      http_(std::make_unique<net::HttpClient>(
          net::ClientOptions{.max_header = limits.max_header, .ca_file = ca_file_})) {}

SharingClient SharingClient::WithToken(std::string token) const {
  return {Profile{.endpoint = profile_.endpoint, .bearer_token = std::move(token)}, limits_,
          ca_file_};
}

Status SharingClient::ObtainToken() {
  const ClientCredentials& mine = *profile_.credentials;
  std::string form = "grant_type=client_credentials";
  if (!mine.scope.empty()) form += "&scope=" + PercentEncode(mine.scope);
  net::ClientRequest request{.method = net::Method::kPost,
                             .url = mine.token_endpoint,
                             .headers = {},
                             .body = std::move(form),
                             .timeout = limits_.timeout};
  // RFC 6749, 2.3.1: what every authorization server understands.
  request.headers.Add("Authorization",
                      "Basic " + Base64(PercentEncode(mine.id) + ':' + PercentEncode(mine.secret)));
  request.headers.Add("Content-Type", "application/x-www-form-urlencoded");
  request.headers.Add("Accept", "application/json");
  const net::ClientResponse answer = TRY(http_->Call(request, kMaxTokenAnswer));
  const auto body = json::Parse(answer.body);
  const json::Object* object = body.has_value() ? body->if_object() : nullptr;
  const json::Value* token = object == nullptr ? nullptr : object->if_contains("access_token");
  if (answer.status != 200 || token == nullptr || !token->is_string()) {
    return Fail(Code::kUnauthenticated,
                fmt::format("the token endpoint gave no token (status {})", answer.status));
  }
  token_ = std::string(token->get_string());
  return {};
}

Result<Answer> SharingClient::Send(const Call& call, std::optional<Millis> timeout) {
  const bool below = call.target.starts_with('/');
  const Millis patience = std::min(timeout.value_or(limits_.timeout), limits_.timeout);
  net::ClientRequest request =
      RequestOf(call, below ? profile_.endpoint + call.target : call.target, patience);
  if (below && call.auth == Auth::kToken) {
    if (token_.empty() && profile_.credentials.has_value()) TRY(ObtainToken());
    if (!token_.empty()) request.headers.Add("Authorization", "Bearer " + token_);
  }
  net::ClientResponse response = TRY(http_->Call(request, limits_.max_body));
  return Answer{.call = call,
                .url = std::move(request.url),
                .status = response.status,
                .headers = std::move(response.headers),
                .body = std::move(response.body)};
}

Result<std::vector<json::Value>> ParseLines(std::string_view body) {
  std::vector<json::Value> lines;
  while (!body.empty()) {
    const size_t end = std::min(body.find('\n'), body.size());
    std::string_view line = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    auto value = json::Parse(line, kLineLimits);
    if (!value.has_value()) {
      return Fail(Code::kInvalidArgument,
                  fmt::format("line {} is not JSON: {}", lines.size() + 1, value.error().message));
    }
    lines.push_back(*std::move(value));
  }
  return lines;
}

}  // namespace sluice::client
