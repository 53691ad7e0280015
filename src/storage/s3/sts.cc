#include "storage/s3/sts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <pugixml.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "base/crypto/crypto.h"
#include "base/encoding.h"
#include "base/timestamp.h"
#include "storage/s3/credential_http.h"
#include "storage/s3/credential_place.h"
#include "storage/s3/sigv4.h"
#include "storage/s3/small_file.h"

namespace sluice::storage {
namespace {

constexpr std::string_view kService = "the service for roles (STS)";
constexpr std::string_view kFormType = "application/x-www-form-urlencoded; charset=utf-8";
constexpr Millis kTimeout{5'000};

// Refusals that pass.
constexpr std::array<std::string_view, 6> kPassing = {
    "Throttling", "ThrottlingException",   "RequestLimitExceeded",
    "SlowDown",   "IDPCommunicationError", "ServiceUnavailable"};

using Form = std::vector<std::pair<std::string, std::string>>;

Form FormOf(std::string action, const RoleToAssume& role) {
  return {{"Action", std::move(action)},
          {"Version", "2011-06-15"},
          {"RoleArn", role.arn},
          {"RoleSessionName", role.session_name},
          {"DurationSeconds", std::to_string(role.duration.count())}};
}

std::unexpected<Error> Refusal(const net::ClientResponse& answer, const pugi::xml_document& xml,
                               const RoleToAssume& role,
                               std::initializer_list<std::string_view> secrets) {
  const pugi::xml_node error = xml.document_element().child("Error");
  const std::string said = error.child_value("Code");
  const bool passing = answer.status >= 500 || answer.status == 429 ||
                       std::ranges::find(kPassing, said) != kPassing.end();
  std::string detail =
      fmt::format("role {}: status {} {}: {}", role.arn, answer.status, Quoted(said, secrets),
                  Quoted(error.child_value("Message"), secrets));
  if (passing) {
    return NoCredentials(Code::kUnavailable, fmt::format("{} is busy or in trouble", kService),
                         std::move(detail));
  }
  if (said == "PackedPolicyTooLarge") {
    return NoCredentials(Code::kUnsupported, "the policy of the folder is too long",
                         std::move(detail));
  }
  return NoCredentials(Code::kPermissionDenied,
                       "the role cannot be assumed; its trust policy has to allow the caller",
                       std::move(detail));
}

Result<Credentials> ReadAnswer(const pugi::xml_node& answer) {
  Credentials credentials;
  credentials.access_key_id = answer.child_value("AccessKeyId");
  credentials.secret_access_key = answer.child_value("SecretAccessKey");
  credentials.session_token = answer.child_value("SessionToken");
  const Result<TimePoint> expires = ParseTimestamp(answer.child_value("Expiration"));
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty() ||
      credentials.session_token.empty() || !expires.has_value()) {
    return NoCredentials(Code::kUnavailable, fmt::format("{} sent no credentials", kService));
  }
  credentials.expires = *expires;
  return credentials;
}

// `result` is the element of the answer that holds the credentials. The request's body is wiped.
Result<Credentials> Send(const CredentialContext& context, net::ClientRequest& request,
                         const RoleToAssume& role, const char* result,
                         std::initializer_list<std::string_view> secrets) {
  request.method = net::Method::kPost;
  request.timeout = kTimeout;
  Result<net::ClientResponse> sent = AskService(*context.http, request, kService);
  crypto::Wipe(request.body);
  net::ClientResponse answer = TRY(std::move(sent));
  pugi::xml_document xml;
  // What is no XML, or only half of it, is an empty document here.
  if (!xml.load_buffer_inplace(answer.body.data(), answer.body.size(), pugi::parse_default,
                               pugi::encoding_utf8)) {
    xml.reset();
  }
  Result<Credentials> credentials =
      answer.status == 200 ? ReadAnswer(xml.document_element().child(result).child("Credentials"))
                           : Refusal(answer, xml, role, secrets);
  xml.reset();
  crypto::Wipe(answer.body);
  return credentials;
}

Result<std::string> ReadToken(const std::string& file) {
  std::optional<std::string> text = TRY(ReadSmallFile(file, "the web identity token file"));
  if (!text.has_value()) {
    return NoCredentials(Code::kPermissionDenied, "the web identity token file is not there", file);
  }
  constexpr std::string_view kSpace = " \t\r\n";
  std::string token;
  if (const size_t first = text->find_first_not_of(kSpace); first != std::string::npos) {
    token = text->substr(first, text->find_last_not_of(kSpace) - first + 1);
  }
  crypto::Wipe(*text);
  if (token.empty()) {
    return NoCredentials(Code::kPermissionDenied, "the web identity token file is empty", file);
  }
  return token;
}

}  // namespace

Result<Origin> StsOrigin(const CredentialContext& context) {
  if (!IsRegion(context.region)) {
    return NoCredentials(Code::kPermissionDenied, "a region like 'eu-central-1' is needed for STS");
  }
  if (context.sts_endpoint.empty()) {
    return Origin{.tls = true,
                  .host = fmt::format("{}.{}.{}", context.fips ? "sts-fips" : "sts", context.region,
                                      AmazonDomain(context.region))};
  }
  Result<Origin> origin = ParseOrigin(context.sts_endpoint);
  if (!origin.has_value()) {
    return NoCredentials(Code::kPermissionDenied,
                         "the endpoint of STS must be scheme, host and port alone");
  }
  return origin;
}

Result<Credentials> AssumeRole(const CredentialContext& context, const RoleToAssume& role,
                               const Credentials& caller) {
  if (caller.anonymous()) {
    return NoCredentials(Code::kPermissionDenied, "a role cannot be assumed by nobody: name keys");
  }
  const Origin origin = TRY(StsOrigin(context));
  Form form = FormOf("AssumeRole", role);
  if (!role.external_id.empty()) form.emplace_back("ExternalId", role.external_id);
  if (!role.policy.empty()) form.emplace_back("Policy", role.policy);
  net::ClientRequest request;
  request.url = origin.url() + "/";
  request.body = EncodedQuery(form);
  const std::string hash = Hex(crypto::View(crypto::Sha256(request.body)));
  RequestToSign to_sign{
      .method = "POST", .host = origin.host, .encoded_path = "/", .body_hash = hash};
  to_sign.headers.Add("content-type", std::string(kFormType));
  const SigningKeys keys(std::make_shared<const Credentials>(caller),
                         {.region = context.region, .service = "sts"});
  request.headers = SignHeaders(to_sign, keys, context.clock.Now());
  return Send(context, request, role, "AssumeRoleResult",
              {caller.secret_access_key, caller.session_token});
}

Result<Credentials> AssumeRoleByToken(const CredentialContext& context, const RoleToAssume& role,
                                      const std::string& token_file) {
  const Origin origin = TRY(StsOrigin(context));
  std::string token = TRY(ReadToken(token_file));
  Form form = FormOf("AssumeRoleWithWebIdentity", role);
  form.emplace_back("WebIdentityToken", token);
  net::ClientRequest request;
  request.url = origin.url() + "/";
  request.body = EncodedQuery(form);
  crypto::Wipe(form.back().second);
  request.headers.Add("content-type", std::string(kFormType));
  Result<Credentials> credentials =
      Send(context, request, role, "AssumeRoleWithWebIdentityResult", {token});
  crypto::Wipe(token);
  return credentials;
}

}  // namespace sluice::storage
