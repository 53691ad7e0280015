#include "storage/s3/container_place.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "base/crypto/crypto.h"
#include "base/encoding.h"
#include "storage/s3/credential_http.h"
#include "storage/s3/small_file.h"

namespace sluice::storage {
namespace {

constexpr std::string_view kService = "the container's credential service";
constexpr std::string_view kRelative = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
constexpr std::string_view kFull = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
constexpr Millis kTimeout{2'000};

// The services of ECS and EKS; keys go there without TLS.
constexpr std::array<std::string_view, 5> kPlainHosts = {"169.254.170.2", "169.254.170.23",
                                                         "[fd00:ec2::23]", "[::1]", "localhost"};

bool IsVisible(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

// Four plain decimal numbers, the first of them 127: no other spelling, which others might read in
// another way.
bool IsLoopback(std::string_view host) {
  if (!host.starts_with("127.")) return false;
  int numbers = 0;
  for (size_t begin = 0; begin <= host.size(); ++numbers) {
    const size_t end = std::min(host.find('.', begin), host.size());
    const std::string_view part = host.substr(begin, end - begin);
    unsigned value = 0;
    const auto [at, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (error != std::errc() || at != part.data() + part.size() || value > 255 ||
        (part.size() > 1 && part.front() == '0')) {
      return false;
    }
    begin = end + 1;
  }
  return numbers == 4;
}

// Host and port of the URL's authority must be spelled plainly: no user, nothing escaped.
bool IsPlainAuthority(std::string_view authority) {
  return !authority.empty() && std::ranges::all_of(authority, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view(".-:[]").find(c) != std::string_view::npos;
  });
}

bool MayBeAsked(std::string_view url) {
  constexpr std::string_view kTls = "https://";
  constexpr std::string_view kPlain = "http://";
  const bool tls = url.starts_with(kTls);
  if (!IsVisible(url) || (!tls && !url.starts_with(kPlain))) return false;
  std::string_view rest = url.substr(tls ? kTls.size() : kPlain.size());
  const std::string authority = AsciiLower(rest.substr(0, rest.find_first_of("/?#")));
  if (!IsPlainAuthority(authority)) return false;
  if (tls) return true;
  const size_t bracket = authority.rfind(']');
  const size_t colon = authority.find(':', bracket == std::string::npos ? 0 : bracket);
  const std::string_view host = std::string_view(authority).substr(0, colon);
  return IsLoopback(host) || std::ranges::find(kPlainHosts, host) != kPlainHosts.end();
}

class Container final : public CredentialPlace {
 public:
  explicit Container(const CredentialContext& context)
      : environment_(context.environment), http_(context.metadata_http) {}

  std::string_view kind() const override { return "container"; }

  Result<Finding> Look() override {
    net::ClientRequest request;
    request.url = TRY(Url());
    if (request.url.empty()) {
      return Finding::Absent(fmt::format("{} and {} are not set", kRelative, kFull));
    }
    request.timeout = kTimeout;
    std::string token = TRY(Token());
    if (!token.empty()) request.headers.Add("Authorization", token);
    net::ClientResponse answer = TRY(AskService(*http_, request, kService));
    Result<Finding> finding = Judge(answer, token);
    crypto::Wipe(token);
    return finding;
  }

 private:
  // Empty: none is set.
  Result<std::string> Url() const {
    const std::string relative = Variable(environment_, std::string(kRelative));
    if (!relative.empty()) {
      if (relative.front() == '/' && IsVisible(relative)) return "http://169.254.170.2" + relative;
      return NoCredentials(Code::kPermissionDenied,
                           fmt::format("{} must be a path that begins with '/'", kRelative));
    }
    std::string full = Variable(environment_, std::string(kFull));
    if (full.empty() || MayBeAsked(full)) return full;
    return NoCredentials(
        Code::kPermissionDenied,
        fmt::format("{} must be an https URL, or an http URL of this machine or of the "
                    "addresses of ECS and EKS",
                    kFull));
  }

  // Empty: none is asked for. A file counts before the variable: it is the one that is renewed.
  Result<std::string> Token() const {
    const std::string file = Variable(environment_, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    std::string token = Variable(environment_, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
    if (!file.empty()) {
      constexpr std::string_view kWhat = "the file of AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
      std::optional<std::string> text = TRY(ReadSmallFile(file, kWhat));
      if (!text.has_value()) {
        return NoCredentials(Code::kPermissionDenied, fmt::format("{} is not there", kWhat), file);
      }
      token = *std::move(text);
    }
    if (IsHeaderValue(token)) return token;
    crypto::Wipe(token);
    return NoCredentials(Code::kPermissionDenied,
                         "the container's authorization token must be one line without its end");
  }

  static Result<Finding> Judge(net::ClientResponse& answer, const std::string& token) {
    if (answer.status == 200) {
      return Finding::Of(TRY(ParseCredentialDocument(answer.body, kService)));
    }
    const bool passing = answer.status >= 500 || answer.status == 429;
    return NoCredentials(
        passing ? Code::kUnavailable : Code::kPermissionDenied, fmt::format("{} refuses", kService),
        answer.status < 400
            ? fmt::format("status {}", answer.status)
            : fmt::format("status {}: {}", answer.status, Quoted(answer.body, {token})));
  }

  const Environment environment_;
  const std::shared_ptr<net::HttpPool> http_;
};

}  // namespace

std::unique_ptr<CredentialPlace> ContainerPlace(const CredentialContext& context) {
  return std::make_unique<Container>(context);
}

}  // namespace sluice::storage
