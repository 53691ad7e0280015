// s3_sign.cc -- signs what it reads, so that tests can compare us with other implementations.
//
// Reads one JSON object a line; tests/clients/test_sigv4.py says what is in it. Writes one a line:
// {"url":"..."} or {"path":"...","query":"...","headers":[["name","value"],...]}.
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>

#include "base/json.h"
#include "storage/s3/sigv4.h"
#include "storage/s3/url_writer.h"

namespace {

using namespace sluice;

std::string Text(const json::Object& object, std::string_view name) {
  return std::string(std::string_view(object.at(name).as_string()));
}

std::vector<std::pair<std::string, std::string>> Pairs(const json::Object& object,
                                                       std::string_view name) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const json::Value& pair : object.at(name).as_array()) {
    pairs.emplace_back(std::string_view(pair.as_array().at(0).as_string()),
                       std::string_view(pair.as_array().at(1).as_string()));
  }
  return pairs;
}

std::shared_ptr<const storage::SigningKeys> Keys(const json::Object& one) {
  auto credentials = std::make_shared<storage::Credentials>();
  credentials->access_key_id = Text(one, "id");
  credentials->secret_access_key = Text(one, "secret");
  credentials->session_token = Text(one, "token");
  return std::make_shared<storage::SigningKeys>(
      credentials, storage::SigningScope{.region = Text(one, "region")});
}

json::Object SignUrl(const json::Object& one) {
  storage::UrlTarget target{Text(one, "origin"), Text(one, "host"), "/"};
  storage::AppendUriEncoded(Text(one, "folder"), true, target.path_prefix);
  const auto writer =
      storage::MakeUrlWriter(target, Keys(one), FromUnixMillis(one.at("time_ms").as_int64()),
                             std::chrono::seconds(one.at("lifetime").as_int64()));
  std::string url;
  writer->Append(Text(one, "key"), url);
  return {{"url", url}};
}

json::Object SignRequest(const json::Object& one) {
  std::string path = "/";
  storage::AppendUriEncoded(Text(one, "folder") + Text(one, "key"), true, path);
  const std::string method = Text(one, "method");
  const std::string host = Text(one, "host");
  const std::string body_hash = Text(one, "body_hash");
  storage::RequestToSign request{.method = method,
                                 .host = host,
                                 .encoded_path = path,
                                 .query = Pairs(one, "query"),
                                 .body_hash = body_hash};
  for (auto& [name, value] : Pairs(one, "headers")) request.headers.Add(name, value);
  json::Array headers;
  const net::Headers all =
      storage::SignHeaders(request, *Keys(one), FromUnixMillis(one.at("time_ms").as_int64()));
  for (const auto& [name, value] : all.fields()) headers.push_back(json::Array{name, value});
  return {{"path", path},
          {"query", storage::EncodedQuery(request.query)},
          {"headers", std::move(headers)}};
}

}  // namespace

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    const Result<json::Value> value = json::Parse(line);
    if (!value) {
      std::fprintf(stderr, "s3_sign: %s\n", value.error().message.c_str());
      return 1;
    }
    const json::Object& one = value->as_object();
    std::cout << json::Serialize(one.contains("lifetime") ? SignUrl(one) : SignRequest(one))
              << '\n';
  }
  return 0;
}
