#include "notify/states.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/json.h"
#include "base/timestamp.h"
#include "catalog/access.h"
#include "catalog/requests.h"
#include "catalog/share_grants.h"
#include "catalog/shared_objects.h"

namespace sluice::notify {
namespace {

using catalog::Picture;
using catalog::Recipient;
using catalog::RecipientToken;
using catalog::Securable;

constexpr size_t kMostPeople = 100;
constexpr std::chrono::hours kLinkNotice{24};  // before an activation link ends unopened
constexpr std::string_view kGrant = "grant";
constexpr std::string_view kGrantEnds = "grant-ends";
constexpr std::string_view kToken = "token";
constexpr std::string_view kTokenEnds = "token-ends";
constexpr std::string_view kUnopened = "unopened";
constexpr std::string_view kAsked = "asked";
constexpr std::string_view kAnswered = "answered";
constexpr std::string_view kBroken = "broken";

// "grant:<share>:<recipient>"; ids hold no colon.
template <class... Part>
std::string Key(std::string_view what, const Part&... part) {
  std::string key(what);
  ((key += ':', key += part), ...);
  return key;
}

std::string_view PartOf(std::string_view key, size_t index) {
  for (; index > 0; --index) key.remove_prefix(std::min(key.find(':') + 1, key.size()));
  return key.substr(0, key.find(':'));
}

std::string NamesJson(const Securable& share, const Securable& recipient) {
  return json::Serialize(json::Object{{"share", share.name}, {"recipient", recipient.name}});
}

std::string NameIn(std::string_view value, std::string_view member) {
  const auto names = json::Parse(value);
  if (!names || !names->is_object()) return {};
  const json::Value* name = names->as_object().if_contains(member);
  return name != nullptr && name->is_string() ? std::string(name->as_string()) : std::string();
}

// Which of the two notices is due; nothing: none.
std::optional<std::string> NoticeDue(TimePoint ends, TimePoint now, const Notice& notice) {
  if (ends <= now || ends - now > notice.first) return std::nullopt;
  return ends - now <= notice.last ? "last" : "first";
}

void AddRecipient(const Securable& recipient, TimePoint now, const Notice& notice, Known& known) {
  for (const RecipientToken& token : recipient.As<Recipient>().tokens) {
    known.emplace(Key(kToken, recipient.id, token.id), "");
    if (!token.hash && token.activation_hash && token.activation_expires_at - now <= kLinkNotice) {
      known.emplace(Key(kUnopened, recipient.id, token.id), "");
    }
    if (!token.hash || !token.expires_at) continue;
    if (const auto due = NoticeDue(*token.expires_at, now, notice)) {
      known.emplace(Key(kTokenEnds, recipient.id, token.id, *due), "");
    }
  }
}

void AddGrants(const Picture& picture, const Securable& share, TimePoint now, const Notice& notice,
               Known& known) {
  for (const catalog::Grant& grant : share.grants) {
    const Securable* recipient = picture.Find(grant.principal);
    if (recipient == nullptr) continue;
    known.emplace(Key(kGrant, share.id, recipient->id), NamesJson(share, *recipient));
    if (!grant.expires_at) continue;
    if (const auto due = NoticeDue(*grant.expires_at, now, notice)) {
      known.emplace(Key(kGrantEnds, share.id, recipient->id, *due), "");
    }
  }
}

void AddBroken(const Picture& picture, const Securable& share, TimePoint now, Known& known) {
  const catalog::Access owner(picture, share.owner, now);
  for (const catalog::SharedObject& object : share.As<catalog::Share>().objects) {
    if (catalog::IsActive(picture, owner, object)) continue;
    known.emplace(Key(kBroken, share.id, object.id), "");
  }
}

void AddRequests(const Picture& picture, Known& known) {
  picture.requests().Visit("", [&](const std::string&, const catalog::AccessRequestPtr& request) {
    const bool open = request->status == catalog::RequestStatus::kOpen;
    known.emplace(Key(open ? kAsked : kAnswered, request->id), "");
    return true;
  });
}

void Join(std::vector<std::string>& all, const std::vector<std::string>& more) {
  for (const std::string& one : more) {
    if (std::ranges::find(all, one) == all.end()) all.push_back(one);
  }
}

void About(const Securable& securable, Fact& fact) {
  if (securable.kind() == catalog::Kind::kShare) {
    fact.share = securable.name;
    fact.share_id = securable.id;
  } else {
    fact.recipient = securable.name;
    fact.recipient_id = securable.id;
  }
}

const RecipientToken* FindToken(const Securable* recipient, std::string_view id) {
  if (recipient == nullptr) return nullptr;
  const auto& tokens = recipient->As<Recipient>().tokens;
  const auto found = std::ranges::find(tokens, id, &RecipientToken::id);
  return found == tokens.end() ? nullptr : &*found;
}

std::optional<Fact> TokenFact(const Picture& picture, TimePoint now, const std::string& key,
                              const Known& known) {
  const std::string_view what = PartOf(key, 0);
  const Securable* recipient = picture.Find(PartOf(key, 1));
  const RecipientToken* token = FindToken(recipient, PartOf(key, 2));
  if (token == nullptr) return std::nullopt;
  Fact fact{.key = key};
  About(*recipient, fact);
  fact.holders = PeopleOf(picture, recipient->owner);
  if (what == kToken) {
    // The first one of a recipient is no rotation.
    const std::string front = Key(kToken, recipient->id) + ':';
    const auto other = known.lower_bound(front);
    if (other == known.end() || !other->first.starts_with(front)) return std::nullopt;
    fact.kind = Kind::kTokenRotated;
    fact.title = fmt::format("The token of {} was rotated", recipient->name);
    fact.text = fmt::format("Recipient {} gets a new token through a new activation link.",
                            recipient->name);
    for (const RecipientToken& old : recipient->As<Recipient>().tokens) {
      if (old.id == token->id || !old.expires_at || !old.hash) continue;
      fact.text += fmt::format(" The old one ends on {}.", FormatTimestamp(*old.expires_at));
    }
    fact.holders.push_back(recipient->id);
  } else if (what == kUnopened) {
    fact.kind = Kind::kLinkUnopened;
    fact.title = fmt::format("The activation link of {} was not opened", recipient->name);
    fact.text = fmt::format("It {} on {}. Rotate the token of {} to get a new link.",
                            token->activation_expires_at <= now ? "ended" : "ends",
                            FormatTimestamp(token->activation_expires_at), recipient->name);
  } else {
    fact.kind = Kind::kTokenExpiring;
    // Another end is another fact.
    fact.key += fmt::format(":{}", ToUnixMillis(*token->expires_at));
    fact.title = fmt::format("A token of {} expires soon", recipient->name);
    fact.text = fmt::format("It expires on {}. From then on recipient {} needs another token.",
                            FormatTimestamp(*token->expires_at), recipient->name);
    fact.holders.push_back(recipient->id);
  }
  return fact;
}

std::optional<Fact> GrantFact(const Picture& picture, TimePoint now, const std::string& key) {
  const Securable* share = picture.Find(PartOf(key, 1));
  const Securable* recipient = picture.Find(PartOf(key, 2));
  if (share == nullptr || recipient == nullptr) return std::nullopt;
  Fact fact{.key = fmt::format("{}:{}", key, ToUnixMillis(now)), .holders = {recipient->id}};
  About(*share, fact);
  About(*recipient, fact);
  if (PartOf(key, 0) == kGrant) {
    fact.kind = Kind::kAccessGranted;
    fact.title = fmt::format("Share {} is open to {}", share->name, recipient->name);
    fact.text =
        fmt::format("Recipient {} may read share {} from now on.", recipient->name, share->name);
    return fact;
  }
  const catalog::Grant* grant = catalog::GrantOf(*share, recipient->id);
  if (grant == nullptr || !grant->expires_at) return std::nullopt;
  fact.key = fmt::format("{}:{}", key, ToUnixMillis(*grant->expires_at));
  fact.kind = Kind::kGrantExpiring;
  fact.title = fmt::format("Access of {} to share {} ends soon", recipient->name, share->name);
  fact.text = fmt::format("It ends on {}.", FormatTimestamp(*grant->expires_at));
  Join(fact.holders, PeopleOf(picture, share->owner));
  Join(fact.holders, PeopleOf(picture, recipient->owner));
  return fact;
}

std::optional<Fact> BrokenFact(const Picture& picture, TimePoint now, const std::string& key) {
  const Securable* share = picture.Find(PartOf(key, 1));
  if (share == nullptr) return std::nullopt;
  const auto& objects = share->As<catalog::Share>().objects;
  const auto object = std::ranges::find(objects, PartOf(key, 2), &catalog::SharedObject::id);
  if (object == objects.end()) return std::nullopt;
  Fact fact{.key = fmt::format("{}:{}", key, ToUnixMillis(now)),
            .kind = Kind::kShareObjectBroken,
            .holders = PeopleOf(picture, share->owner)};
  About(*share, fact);
  const std::string name = catalog::SourceName(picture, *object);
  if (const auto as = catalog::NameOf(picture, *object)) fact.table = as->Full();
  fact.title = fmt::format("{} cannot be read through share {}", name, share->name);
  fact.text = fmt::format(
      "The owner of share {} has no right any more to hand out {}. Recipients are refused until it "
      "is granted again.",
      share->name, name);
  return fact;
}

std::string_view KindWords(catalog::RequestKind kind) {
  switch (kind) {
    case catalog::RequestKind::kAccess: return "access";
    case catalog::RequestKind::kFeedback: return "feedback";
    case catalog::RequestKind::kRenewal: return "renewal";
  }
  return "access";
}

std::string_view AnswerWords(catalog::RequestStatus status) {
  switch (status) {
    case catalog::RequestStatus::kApproved: return "approved";
    case catalog::RequestStatus::kDenied: return "denied";
    case catalog::RequestStatus::kOpen:
    case catalog::RequestStatus::kClosed: break;
  }
  return "closed";
}

std::optional<Fact> RequestFact(const Picture& picture, const std::string& key) {
  const auto request = picture.requests().Find(PartOf(key, 1));
  if (request == nullptr) return std::nullopt;
  Fact fact{.key = key, .request_id = request->id};
  const Securable* recipient =
      request->asker.is_recipient ? picture.Find(request->asker.id) : nullptr;
  if (recipient != nullptr) About(*recipient, fact);
  const Securable* object = catalog::ObjectOf(picture, *request);
  if (PartOf(key, 0) == kAnswered) {
    // Who closed an own request knows.
    if (request->answered_by == request->asker_name) return std::nullopt;
    fact.kind = Kind::kRequestAnswered;
    fact.share = request->share;
    fact.title = fmt::format("Your request was {}", AnswerWords(request->status));
    fact.text = request->answer.empty() ? fmt::format("It was about {}.", KindWords(request->kind))
                                        : request->answer;
    fact.holders = {request->asker.id};
    return fact;
  }
  fact.kind = Kind::kRequestMade;
  if (object != nullptr && object->kind() == catalog::Kind::kShare) About(*object, fact);
  fact.table = request->table;
  fact.title = request->kind == catalog::RequestKind::kFeedback
                   ? fmt::format("{} gives feedback", request->asker_name)
                   : fmt::format("{} asks for {}", request->asker_name, KindWords(request->kind));
  if (!request->share.empty()) fact.title += fmt::format(" to share {}", request->share);
  if (object != nullptr && !request->asker.is_recipient) {
    fact.title += fmt::format(" to {}", picture.FullName(*object));
  }
  fact.text = request->comment;
  if (recipient != nullptr) fact.holders = PeopleOf(picture, recipient->owner);
  if (object != nullptr) Join(fact.holders, PeopleOf(picture, object->owner));
  if (fact.holders.empty()) fact.holders = PeopleOf(picture, picture.metastore().owner);
  return fact;
}

}  // namespace

std::vector<std::string> PeopleOf(const Picture& picture, const catalog::Id& owner) {
  std::vector<std::string> people;
  std::vector<catalog::Id> look = {owner};
  std::set<catalog::Id> seen;
  while (!look.empty() && people.size() < kMostPeople) {
    const catalog::Id id = look.back();
    look.pop_back();
    const catalog::Principal* principal = picture.FindPrincipal(id);
    if (principal == nullptr || !seen.insert(id).second) continue;
    if (principal->kind == catalog::PrincipalKind::kGroup) {
      look.insert(look.end(), principal->members.begin(), principal->members.end());
    } else if (principal->active) {
      people.push_back(id);
    }
  }
  return people;
}

Known StatesOf(const Picture& picture, TimePoint now, const Notice& notice, Broken broken) {
  Known known;
  const catalog::Id& metastore = picture.metastore().id;
  picture.VisitChildren(catalog::Kind::kRecipient, metastore, "", [&](const auto& recipient) {
    AddRecipient(*recipient, now, notice, known);
    return true;
  });
  picture.VisitChildren(catalog::Kind::kShare, metastore, "", [&](const auto& share) {
    AddGrants(picture, *share, now, notice, known);
    if (broken == Broken::kIncluded) AddBroken(picture, *share, now, known);
    return true;
  });
  AddRequests(picture, known);
  return known;
}

bool IsOfSlowLook(std::string_view key) { return PartOf(key, 0) == kBroken; }

bool IsOfCatalog(std::string_view key) {
  constexpr auto kAll = std::to_array(
      {kGrant, kGrantEnds, kToken, kTokenEnds, kUnopened, kAsked, kAnswered, kBroken});
  return std::ranges::find(kAll, PartOf(key, 0)) != kAll.end();
}

std::optional<Fact> FactOfNew(const Picture& picture, TimePoint now, const std::string& key,
                              const Known& known) {
  const std::string_view what = PartOf(key, 0);
  if (what == kGrant || what == kGrantEnds) return GrantFact(picture, now, key);
  if (what == kBroken) return BrokenFact(picture, now, key);
  if (what == kAsked || what == kAnswered) return RequestFact(picture, key);
  return TokenFact(picture, now, key, known);
}

std::optional<Fact> FactOfGone(const Picture& picture, TimePoint now, const std::string& key,
                               std::string_view value) {
  if (PartOf(key, 0) != kGrant) return std::nullopt;
  const Securable* recipient = picture.Find(PartOf(key, 2));
  // Nobody is left to be told.
  if (recipient == nullptr) return std::nullopt;
  Fact fact{.key = fmt::format("revoked:{}:{}", key, ToUnixMillis(now)),
            .kind = Kind::kAccessRevoked,
            .share = NameIn(value, "share"),
            .share_id = std::string(PartOf(key, 1)),
            .holders = {recipient->id}};
  About(*recipient, fact);
  fact.title = fmt::format("Share {} is closed to {}", fact.share, recipient->name);
  fact.text =
      fmt::format("Recipient {} may not read share {} any more.", recipient->name, fact.share);
  return fact;
}

}  // namespace sluice::notify
