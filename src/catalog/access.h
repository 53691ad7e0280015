// catalog/access.h -- who may do what, and why: the one place where access is decided.
//
//   const Access access(picture, caller.principal, now);
//   const Decision decision = access.May(Action::kReadData, table);
//   if (!decision.allowed) return Denied(decision);
//
// Rules: Databricks, "Manage privileges in Unity Catalog" and "Unity Catalog privileges reference".
// Databricks' REST reference, where it is more exact ("The caller must be ...").
// Privileges are inherited from the objects above, but for the metastore: those are for it alone.
// Ownership of an object gives all privileges on
// it and the management of what is below, not the data of what is below. Whoever may not even see
// an object is told that it does not exist by the callers of this room where the API does so.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "catalog/picture.h"

namespace sluice::catalog {

enum class Action {
  kSee,          // that it exists, and its metadata
  kReadData,     // rows of a table, of all tables of a schema; files under a location
  kUse,          // as a step on the way to what is below: USE CATALOG, USE SCHEMA
  kModify,       // comment, properties, settings; what is in a share. Not for administrators,
                 // but on recipients, providers and the metastore: they may give it to themselves
  kRename,       // what some objects ask for beyond kModify, which is in it
  kChangeOwner,  // and nothing else
  kDelete,
  kSeeGrants,       // of others
  kManageGrants,    // of shares: which recipients get them
  kTakeBackGrants,  // of shares; of the rest as kManageGrants
};

struct Decision {
  bool allowed = false;
  // "ada@example.org has SELECT on schema sales.public through group analysts"; for a refusal what
  // is missing: "no USE CATALOG on catalog sales".
  std::string reason;
};

// The rights of one principal in one picture, which must be held. One thread.
class Access {
 public:
  // An empty principal is the server itself, which may do all.
  Access(const Picture& picture, std::string_view principal, TimePoint now);

  Decision May(Action action, const Securable& on) const;
  // Makes an object of this kind below `parent` (a catalog for a schema, a schema for a table, else
  // the metastore). Where it lies is a matter of MayStoreTable and such.
  Decision MayCreate(Kind kind, const Securable& parent) const;
  // Whether `privilege` is held on `on`, or on a schema or catalog above it, or comes with owning
  // `on`.
  Decision Holds(Privilege privilege, const Securable& on) const;

  bool IsMetastoreAdmin() const;
  // Itself, or a group that it is in.
  bool Is(std::string_view principal) const;
  bool Owns(const Securable& securable) const { return Is(securable.owner); }

 private:
  Decision HoldsAnywhere(Privilege privilege, const Securable& on) const;
  Decision OwnsIt(const Securable& on) const;
  // Whether administrators of the metastore count as those who manage what is in it.
  enum class Administrators { kNo, kYes };
  Decision Manages(const Securable& on, Administrators administrators = Administrators::kYes) const;
  Decision ManagesHere(const Securable& on,
                       Administrators administrators = Administrators::kYes) const;
  Decision ReachesTable(const Securable& table) const;
  Decision HoldsAny(const Securable& on) const;
  Decision SeesInTree(const Securable& on) const;
  Decision MayOnShare(Action action, const Securable& share) const;
  Decision MayOnRegistered(Action action, const Securable& on, Privilege use) const;
  Decision MayOnTree(Action action, const Securable& on) const;
  Decision Any(std::initializer_list<Decision> ways) const;

  const Picture& picture_;
  const bool is_server_;
  const TimePoint now_;
  std::vector<Id> identities_;  // the principal first, then its groups, theirs, and all users
  std::string name_;
};

// One line of an explanation.
struct Explained {
  std::string what;  // "read data", or a privilege: "USE CATALOG"
  Decision decision;
};
// What may be done with `on`, and why. With `privilege` (empty: none) that one alone; without, what
// people ask first ("see it", "read its data", "change it" ...), then each privilege that is held.
// Errors: kInvalidArgument  no such privilege, or one that is not for this kind of object
Result<std::vector<Explained>> ExplainAccess(const Access& access, const Securable& on,
                                             std::string_view privilege);

// kPermissionDenied with the decision's reason, in the words of the API: "PERMISSION_DENIED: User
// does not have SELECT on Table 'a.b.c'."
std::unexpected<Error> Denied(const Decision& decision);

}  // namespace sluice::catalog
