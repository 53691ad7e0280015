#include "catalog/catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>

#include "base/crypto/uuid.h"
#include "base/encoding.h"
#include "catalog/errors.h"

namespace sluice::catalog {
namespace {

// How often a change is tried anew when other processes write in between.
constexpr int kAttempts = 5;
// As Delta Sharing's protocol has it for shares.
constexpr size_t kLongestComment = 65'536;

// What holds for objects of all kinds.
Status CheckComments(const std::vector<RowChange>& changes) {
  const auto is_too_long = [](const auto& one) { return one.comment.size() > kLongestComment; };
  for (const RowChange& change : changes) {
    if (change.securable == nullptr) continue;
    const Securable& made = *change.securable;
    const bool has_long_object =
        made.kind() == Kind::kShare && std::ranges::any_of(made.As<Share>().objects, is_too_long);
    if (!is_too_long(made) && !has_long_object) continue;
    return InvalidParameter(fmt::format("A comment has at most {} bytes.", kLongestComment));
  }
  return {};
}

// SCIM ids are digits, as Databricks has them.
std::string RandomDigits(Random& random) {
  std::array<unsigned char, 8> bytes{};
  random.Fill(bytes);
  const auto number =
      std::bit_cast<uint64_t>(bytes) % 9'000'000'000'000'000 + 1'000'000'000'000'000;
  return fmt::format("{}", number);
}

Status MakeFirstObjects(Edit& edit) {
  const Id admins = edit.Create(Principal{.kind = PrincipalKind::kGroup,
                                          .name = std::string(kAdmins),
                                          .display_name = std::string(kAdmins)});
  edit.Create(Principal{.kind = PrincipalKind::kGroup,
                        .name = std::string(kAllUsers),
                        .display_name = std::string(kAllUsers)});
  const Id metastore = edit.NewUuid();
  edit.Create(
      Securable{.id = metastore, .name = "sluice", .owner = admins, .details = Metastore{}});
  edit.Create(Securable{.parent = metastore,
                        .name = "local",
                        .owner = admins,
                        .comment = "The folders that the server was started with",
                        .details = StorageCredential{}});
  return {};
}

}  // namespace

Edit::Edit(Picture picture, const Caller& caller, TimePoint now, Random& random)
    : picture_(std::move(picture)), caller_(caller), now_(now), random_(random) {}

std::string Edit::NewUuid() { return crypto::RandomUuid(random_); }

void Edit::Record(const SecurablePtr& securable) {
  changes_.push_back({.what = RowChange::What::kSecurable,
                      .id = securable->id,
                      .securable = securable,
                      .before = picture_.FindShared(securable->id)});
  picture_.Put(securable);
}

void Edit::Record(const PrincipalPtr& principal) {
  changes_.push_back(
      {.what = RowChange::What::kPrincipal, .id = principal->id, .principal = principal});
  picture_.Put(principal);
}

void Edit::Record(AccessTokenPtr token) {
  changes_.push_back({.what = RowChange::What::kAccessToken, .id = token->id, .token = token});
  picture_.Put(std::move(token));
}

Id Edit::Create(Securable securable) {
  if (securable.id.empty()) securable.id = NewUuid();
  securable.created_at = securable.updated_at = now_;
  securable.created_by = securable.updated_by = caller_.name;
  Id id = securable.id;
  Record(std::make_shared<const Securable>(std::move(securable)));
  return id;
}

void Edit::Update(Securable securable) {
  securable.updated_at = now_;
  securable.updated_by = caller_.name;
  Record(std::make_shared<const Securable>(std::move(securable)));
}

void Edit::EraseSecurable(const Id& id) {
  changes_.push_back({.what = RowChange::What::kSecurable, .id = id});
  picture_.EraseSecurable(id);
}

Id Edit::Create(Principal principal) {
  while (principal.id.empty() || picture_.FindPrincipal(principal.id) != nullptr) {
    principal.id = RandomDigits(random_);
  }
  principal.created_at = principal.updated_at = now_;
  Id id = principal.id;
  Record(std::make_shared<const Principal>(std::move(principal)));
  return id;
}

void Edit::Update(Principal principal) {
  principal.updated_at = now_;
  Record(std::make_shared<const Principal>(std::move(principal)));
}

void Edit::ErasePrincipal(const Id& id) {
  for (const AccessToken* token : picture_.AccessTokensOf(id)) EraseAccessToken(Id(token->id));
  for (const Id& group : std::vector<Id>(picture_.GroupsOf(id))) {
    Principal changed = *picture_.FindPrincipal(group);
    std::erase(changed.members, id);
    Update(std::move(changed));
  }
  std::vector<SecurablePtr> granted;
  picture_.VisitSecurables([&](const SecurablePtr& securable) {
    const bool has = std::ranges::any_of(securable->grants,
                                         [&](const Grant& grant) { return grant.principal == id; });
    if (has) granted.push_back(securable);
    return true;
  });
  for (const SecurablePtr& securable : granted) {
    Securable changed = *securable;
    std::erase_if(changed.grants, [&](const Grant& grant) { return grant.principal == id; });
    Update(std::move(changed));
  }
  changes_.push_back({.what = RowChange::What::kPrincipal, .id = id});
  picture_.ErasePrincipal(id);
}

Id Edit::Create(AccessToken token) {
  if (token.id.empty()) token.id = Hex(random_.Bytes(32));
  token.created_at = now_;
  Id id = token.id;
  Record(std::make_shared<const AccessToken>(std::move(token)));
  return id;
}

void Edit::Update(AccessToken token) {
  Record(std::make_shared<const AccessToken>(std::move(token)));
}

void Edit::EraseAccessToken(const Id& id) {
  changes_.push_back({.what = RowChange::What::kAccessToken, .id = id});
  picture_.EraseAccessToken(id);
}

void Edit::Create(BrowserSession session) {
  session.created_at = now_;
  auto made = std::make_shared<const BrowserSession>(session);
  changes_.push_back({.what = RowChange::What::kSession,
                      .id = Base64Url(crypto::View(made->hash)),
                      .session = made});
  picture_.Put(std::move(made));
}

void Edit::EraseSession(const crypto::Digest& hash) {
  changes_.push_back({.what = RowChange::What::kSession, .id = Base64Url(crypto::View(hash))});
  picture_.EraseSession(hash);
}

AccessRequestPtr Edit::Put(AccessRequest request) {
  auto made = std::make_shared<const AccessRequest>(std::move(request));
  changes_.push_back({.what = RowChange::What::kRequest, .id = made->id, .request = made});
  picture_.Put(made);
  return made;
}

void Edit::EraseRequest(const Id& id) {
  changes_.push_back({.what = RowChange::What::kRequest, .id = id});
  picture_.EraseRequest(id);
}

Catalog::Catalog(Store& store, const Clock& clock, Random& random, std::string secret_key)
    : store_(store), clock_(clock), random_(random), secret_key_(std::move(secret_key)) {}

Result<std::unique_ptr<Catalog>> Catalog::Open(Store& store, const Clock& clock, Random& random,
                                               std::string secret_key) {
  std::unique_ptr<Catalog> catalog(new Catalog(store, clock, random, std::move(secret_key)));
  TRY(catalog->Reload());
  if (!catalog->Now()->has_metastore()) {
    TRY(catalog->Change(Caller{.principal = {}, .name = "sluice"}, MakeFirstObjects));
  }
  return catalog;
}

std::shared_ptr<const Picture> Catalog::Now() const {
  const std::lock_guard lock(mutex_);
  return picture_;
}

void Catalog::Publish(Picture picture) {
  auto next = std::make_shared<const Picture>(std::move(picture));
  {
    const std::lock_guard lock(mutex_);
    picture_.swap(next);
  }
  if (watcher_) watcher_(Now());
}

Status Catalog::Reload() {
  // The number first: what is written in between is loaded twice, never missed.
  const int64_t generation = TRY(store_.Generation());
  Publish(TRY(store_.Load()));
  generation_ = generation;
  return {};
}

Status Catalog::Change(const Caller& caller, const std::function<Status(Edit&)>& change) {
  const std::lock_guard writing(writing_);
  for (int attempt = 1;; ++attempt) {
    Edit edit(*Now(), caller, clock_.Now(), random_);
    TRY(change(edit));
    const std::vector<RowChange> changes = edit.TakeChanges();
    if (changes.empty()) return {};
    TRY(CheckComments(changes));
    const Result<int64_t> written = store_.Write(changes, generation_);
    if (written) {
      generation_ = *written;
      Publish(edit.TakePicture());
      return {};
    }
    if (written.error().code != Code::kConflict || attempt == kAttempts) {
      return std::unexpected(written.error());
    }
    TRY(Reload());
  }
}

Status Catalog::Refresh() {
  const std::lock_guard writing(writing_);
  if (TRY(store_.Generation()) == generation_) return {};
  return Reload();
}

void Catalog::OnChange(std::function<void(const std::shared_ptr<const Picture>&)> watcher) {
  watcher_ = std::move(watcher);
}

SealedSecret Catalog::Seal(std::string_view secret, std::string_view context) {
  return {Base64Url(crypto::Seal(secret_key_, secret, context, random_))};
}

Result<std::string> Catalog::Unseal(const SealedSecret& secret, std::string_view context) const {
  const auto sealed = DecodeBase64Url(secret.text);
  if (sealed) {
    Result<std::string> plain = crypto::Open(secret_key_, *sealed, context);
    if (plain) return plain;
  }
  return Fail(Code::kCorrupt,
              "a secret of the catalog cannot be read with this server's master key");
}

}  // namespace sluice::catalog
