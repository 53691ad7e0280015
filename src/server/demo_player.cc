#include "server/demo_player.h"

#include <fmt/format.h>

#include <fstream>
#include <map>
#include <set>

#include "base/json.h"
#include "client/sharing_client.h"
#include "net/http_client.h"

namespace sluice::server {
namespace {

using Kind = DemoAct::Kind;

// What a company has at a moment of the week.
struct Holds {
  std::string link{};  // to activate
  std::string token{};
  std::string old_token{};
  std::string request{};  // what it asked for last
};

Status Expect(const DemoAct& act, const net::ClientResponse& answer) {
  if (answer.status == act.status) return {};
  return Fail(Code::kInternal,
              fmt::format("the demo's week: {} {} of {} is answered {} instead of {}", act.method,
                          act.target, act.who, answer.status, act.status),
              answer.body.substr(0, 500));
}

void ReplaceAll(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

// As it stands between the quotes of JSON.
std::string InQuotes(const std::string& text) {
  const std::string quoted = json::Serialize(json::Value(text));
  return quoted.substr(1, quoted.size() - 2);
}

std::string TextOf(const json::Value& object, std::string_view name) {
  const json::Value* value = object.is_object() ? object.as_object().if_contains(name) : nullptr;
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

// The links of an answer to a query, as many as `most`.
Result<std::vector<std::string>> LinksOf(const std::string& answer, int most) {
  std::vector<std::string> links;
  for (const json::Value& line : TRY(client::ParseLines(answer))) {
    if (static_cast<int>(links.size()) == most) break;
    for (const auto& [name, action] : line.as_object()) {
      std::string url = TextOf(action, "url");
      if (!url.empty()) links.push_back(std::move(url));
    }
  }
  return links;
}

class Player {
 public:
  explicit Player(const DemoStage& stage) : stage_(stage) {
    CatalogParts& parts = *stage.services.catalog();
    metastore_ = parts.catalog().Now()->metastore().id;
    std::ifstream(parts.directory().admin_token()) >> admin_token_;
  }

  Status Play(const DemoAct& act) {
    stage_.clock.Set(act.time);
    switch (act.kind) {
      case Kind::kRead: return Read(act);
      case Kind::kNewVersion: TRY(stage_.tables.WriteNext(act.target, act.time)); break;
      case Kind::kActivate: TRY(Activate(act)); break;
      case Kind::kManage:
      case Kind::kAsk: TRY(Ask(act)); break;
    }
    // Now, since the threads of the notifier go by another clock.
    notify::Notifier& notifier = stage_.services.notifications()->notifier();
    TRY(notifier.CompareCatalog());
    return notifier.PostTold();
  }

  DemoPlayed Done() {
    played_.recipients = readers_.size();
    played_.analyst_token = holds_[kDemoAnalyst].token;
    return played_;
  }

 private:
  Result<net::ClientResponse> Call(const DemoAct& act, const std::string& url,
                                   const std::string& token) {
    const DemoCompany* company = FindDemoCompany(act.who);
    net::ClientRequest request;
    request.method = act.method == "GET" ? net::Method::kGet : net::Method::kPost;
    if (act.method == "PATCH") request.other_name = act.method;
    request.url = url;
    if (!token.empty()) request.headers.Add("Authorization", "Bearer " + token);
    if (!act.body.empty()) request.headers.Add("Content-Type", "application/json");
    request.headers.Add("User-Agent", company == nullptr ? "sluice-demo" : company->program);
    if (company != nullptr) {
      request.headers.Add("X-Forwarded-For", act.address.empty() ? company->address : act.address);
    }
    request.body = Filled(act.body);
    return http_.Call(request);
  }

  std::string Filled(std::string text) {
    if (text.find('{') == std::string::npos) return text;
    ReplaceAll(text, "{metastore}", metastore_);
    ReplaceAll(text, "{lake}", InQuotes(stage_.lake));
    for (const auto& [who, holds] : holds_) {
      ReplaceAll(text, "{request " + who + "}", holds.request);
    }
    return text;
  }

  std::string TokenOf(const DemoAct& act) {
    switch (act.token) {
      case DemoAct::Token::kOwn: return holds_[act.who].token;
      case DemoAct::Token::kOld: return holds_[act.who].old_token;
      case DemoAct::Token::kMadeUp: return "slr_" + std::string(43, 'A');
    }
    return {};
  }

  Status Ask(const DemoAct& act) {
    const bool manages = act.kind == Kind::kManage;
    const std::string url = stage_.services.url() + Filled(act.target);
    const auto answer = TRY(Call(act, url, manages ? admin_token_ : TokenOf(act)));
    TRY(Expect(act, answer));
    const json::Value said = TRY(json::Parse(answer.body));
    if (!manages) {
      holds_[act.who].request = TextOf(said, "id");
      return {};
    }
    const json::Value* tokens = said.as_object().if_contains("tokens");
    if (tokens == nullptr) return {};
    for (const json::Value& token : tokens->as_array()) {
      const std::string link = TextOf(token, "activation_url");
      if (!link.empty()) holds_[TextOf(said, "name")].link = link;
    }
    return {};
  }

  Status Activate(const DemoAct& act) {
    Holds& holds = holds_[act.who];
    const auto answer = TRY(Call(act, holds.link, {}));
    TRY(Expect(act, answer));
    holds.old_token = holds.token;
    holds.token = TextOf(TRY(json::Parse(answer.body)), "bearerToken");
    return {};
  }

  Status Read(const DemoAct& act) {
    const auto answer = TRY(Call(act, stage_.services.endpoint() + act.target, TokenOf(act)));
    TRY(Expect(act, answer));
    ++played_.requests;
    if (answer.status != 200) {
      ++played_.refused;
      return {};
    }
    const bool is_read = act.method == "POST" || act.target.find("/changes") != std::string::npos;
    if (!is_read) return {};
    ++played_.reads;
    readers_.insert(act.who);
    if (act.downloads == 0) return {};
    DemoAct fetch{.who = act.who, .address = act.address, .method = "GET"};
    for (const std::string& link : TRY(LinksOf(answer.body, act.downloads))) {
      fetch.target = "a file";
      TRY(Expect(fetch, TRY(Call(fetch, link, {}))));
    }
    return {};
  }

  const DemoStage& stage_;
  std::string metastore_;
  std::string admin_token_;
  net::HttpClient http_{{.proxy = "none"}};
  std::map<std::string, Holds> holds_;
  std::set<std::string> readers_;
  DemoPlayed played_;
};

}  // namespace

Result<DemoPlayed> PlayDemoWeek(const DemoStage& stage, const std::vector<DemoAct>& acts) {
  Player player(stage);
  for (const DemoAct& act : acts) TRY(player.Play(act));
  return player.Done();
}

}  // namespace sluice::server
