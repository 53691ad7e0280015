// catalog/catalog.h -- the catalog of a server: who is asked, and the one way to change it.
//
// Who reads takes Now(), a picture that never changes, and decides by it alone. Who changes hands a
// function to Change: it alters a copy of the picture through an Edit; if it succeeds, what it
// altered is written in one transaction and the copy becomes the picture of all requests from then
// on. If it or the writing fails, nothing has happened.
//
//   Result<Id> CreateShare(Catalog& catalog, const Caller& caller, const std::string& name) {
//     Id id;
//     TRY(catalog.Change(caller, [&](Edit& edit) -> Status {
//       TRY(CheckShareIsNew(edit.picture(), name));
//       id = edit.Create({.parent = edit.picture().metastore().id, .name = name,
//                         .owner = caller.principal, .details = Share{}});
//       return {};
//     }));
//     return id;
//   }
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/crypto/random.h"
#include "base/result.h"
#include "catalog/picture.h"
#include "catalog/quotas.h"

namespace sluice::catalog {

// Who asks for a change or a look.
struct Caller {
  Id principal;      // empty: the server itself, at first start and from its own command line
  std::string name;  // as it goes into created_by and updated_by
};

// What a change puts and takes away, in the order in which it must be written.
struct RowChange {
  enum class What { kSecurable, kPrincipal, kAccessToken, kSession, kRequest };
  What what = What::kSecurable;
  Id id{};
  // The row; all null: it is taken away.
  SecurablePtr securable{};
  SecurablePtr before{};  // of a securable: what it replaces
  PrincipalPtr principal{};
  AccessTokenPtr token{};
  BrowserSessionPtr session{};
  AccessRequestPtr request{};
};

// Where a picture is kept between two runs of the server.
class Store {
 public:
  virtual ~Store() = default;
  virtual Result<Picture> Load() = 0;
  // All of it or nothing, and on the disk when it returns. Returns the generation that this change
  // made.
  // Errors: kConflict  `generation` is not the newest: somebody else wrote; load again
  virtual Result<int64_t> Write(const std::vector<RowChange>& changes, int64_t generation) = 0;
  virtual Result<int64_t> Generation() = 0;
};

// A change under way. One thread.
class Edit {
 public:
  Edit(Picture picture, const Caller& caller, TimePoint now, Random& random);

  // With what was changed so far.
  const Picture& picture() const { return picture_; }
  const Caller& caller() const { return caller_; }
  TimePoint now() const { return now_; }
  Random& random() { return random_; }
  std::string NewUuid();

  // Adds a securable: gives it an id where it has none, times and the caller's name. Returns the
  // id.
  Id Create(Securable securable);
  // Replaces the one of the same id, with the time and the caller's name.
  void Update(Securable securable);
  void EraseSecurable(const Id& id);

  // Gives a new principal its id (digits).
  Id Create(Principal principal);
  void Update(Principal principal);
  // Its grants, memberships and tokens go with it; what it owned is without a working owner.
  void ErasePrincipal(const Id& id);

  Id Create(AccessToken token);
  void Update(AccessToken token);
  void EraseAccessToken(const Id& id);

  void Create(BrowserSession session);
  void EraseSession(const crypto::Digest& hash);
  // Adds or replaces a request, as it is.
  AccessRequestPtr Put(AccessRequest request);
  void EraseRequest(const Id& id);

  std::vector<RowChange> TakeChanges() { return std::move(changes_); }
  Picture TakePicture() { return std::move(picture_); }

 private:
  void Record(const SecurablePtr& securable);
  void Record(const PrincipalPtr& principal);
  void Record(AccessTokenPtr token);

  Picture picture_;
  const Caller& caller_;
  TimePoint now_;
  Random& random_;
  std::vector<RowChange> changes_;
};

class Catalog {
 public:
  // Loads what `store` holds; makes the metastore, the groups "account users" and "admins" and the
  // credential "local" where there is nothing yet. `secret_key` (32 bytes) seals secrets. All
  // references must outlive the catalog.
  static Result<std::unique_ptr<Catalog>> Open(Store& store, const Clock& clock, Random& random,
                                               std::string secret_key);

  std::shared_ptr<const Picture> Now() const;

  // One change at a time. `change` may run more than once (when another process wrote in between):
  // it only alters the Edit and what it was told to fill.
  // Errors: those of `change`; kInvalidArgument  a comment too long; kConflict, kUnavailable
  Status Change(const Caller& caller, const std::function<Status(Edit&)>& change);

  // Takes over what other processes wrote since. Cheap when that is nothing.
  Status Refresh();

  // Called after each picture that takes effect, on the thread that made the change; set once,
  // before anything changes. For what follows from the catalog: stores, caches.
  void OnChange(std::function<void(const std::shared_ptr<const Picture>&)> watcher);

  // Secrets at rest: AES-256-GCM under the key of this server, bound to `context` ("storage
  // credential <id>").
  SealedSecret Seal(std::string_view secret, std::string_view context);
  // Errors: kCorrupt  not sealed by this server's key
  Result<std::string> Unseal(const SealedSecret& secret, std::string_view context) const;

  // How many of each there may be; set once, before anything changes.
  const Quotas& quotas() const { return quotas_; }
  void SetQuotas(const Quotas& quotas) { quotas_ = quotas; }

  const Clock& clock() const { return clock_; }
  Random& random() { return random_; }

 private:
  Catalog(Store& store, const Clock& clock, Random& random, std::string secret_key);
  Status Reload();
  void Publish(Picture picture);

  Store& store_;
  const Clock& clock_;
  Random& random_;
  std::string secret_key_;
  std::function<void(const std::shared_ptr<const Picture>&)> watcher_;
  Quotas quotas_;

  std::mutex writing_;  // held by who changes
  int64_t generation_ = 0;
  mutable std::mutex mutex_;  // of `picture_` alone
  std::shared_ptr<const Picture> picture_;
};

}  // namespace sluice::catalog
