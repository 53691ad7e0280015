// Who may do what: what people own and hold, against rules that are written down here a second
// time, from Databricks' REST reference ("The caller must be ...") and its pages on privileges.
#include "catalog/access.h"

#include <gmock/gmock.h>

#include <set>

#include "catalog/testing/tree_catalog.h"

namespace sluice::catalog {
namespace {

using enum Action;
using enum Kind;
using std::chrono::hours;
using ::testing::HasSubstr;

// Everything of one kind has one name.
std::string NameOf(Kind kind) {
  switch (kind) {
    case kMetastore: return "sluice";
    case kCatalog: return "c";
    case kSchema: return "c.s";
    case kTable: return "c.s.t";
    default: return std::string(KindName(kind)) + "_1";
  }
}

// How somebody comes to what he has.
enum class Way { kHimself, kGroup, kGroupInGroup, kEnded, kDeactivated };

struct Who {
  std::set<Kind> owns{};
  std::set<std::pair<Privilege, Kind>> given{};
  Way way = Way::kHimself;

  bool Works() const { return way != Way::kEnded && way != Way::kDeactivated; }
};

// ---- the rules, once more

struct Rules {
  const Who& who;

  bool Owns(Kind kind) const { return who.way != Way::kDeactivated && who.owns.contains(kind); }
  bool Admin() const { return Owns(kMetastore); }
  bool Given(Privilege privilege, Kind at) const {
    return who.Works() && who.given.contains({privilege, at});
  }
  // On the object or above it, but for the metastore.
  bool Has(Privilege privilege, Kind on) const {
    const bool in_all = privilege != Privilege::kManage &&
                        privilege != Privilege::kExternalUseSchema &&
                        privilege != Privilege::kExternalUseLocation;
    std::vector<Kind> places = {on};
    if (on == kTable) places.push_back(kSchema);
    if (on == kTable || on == kSchema) places.push_back(kCatalog);
    return std::ranges::any_of(places, [&](Kind at) {
      return Given(privilege, at) || (in_all && Given(Privilege::kAllPrivileges, at));
    });
  }
  bool EntersCatalog() const { return Owns(kCatalog) || Has(Privilege::kUseCatalog, kCatalog); }
  bool EntersSchema() const { return Owns(kSchema) || Has(Privilege::kUseSchema, kSchema); }
  // The way to what lies in the tree.
  bool Reaches(Kind on) const {
    if (on == kTable) return EntersCatalog() && EntersSchema();
    return on != kSchema || EntersCatalog();
  }
  bool Manages(Kind on, bool administrators_too) const {
    if (administrators_too && Admin()) return true;
    const bool around = (on == kTable || on == kSchema) && Owns(kCatalog);
    if (around) return true;
    const bool here = Owns(on) || Has(Privilege::kManage, on) || (on == kTable && Owns(kSchema));
    return here && (Reaches(on) || Admin());
  }
  bool AnyPrivilege(Kind on) const {
    return std::ranges::any_of(GrantableOn(on), [&](Privilege one) { return Has(one, on); });
  }
  bool AtMetastore(Privilege privilege) const { return Admin() || Has(privilege, kMetastore); }

  bool Tree(Action action, Kind on) const {
    switch (action) {
      case kSee:
        if (Manages(on, true) || Has(Privilege::kBrowse, on)) return true;
        if (on == kCatalog) return EntersCatalog();
        if (on == kSchema) return EntersCatalog() && EntersSchema();
        return Reaches(on) && (Owns(kTable) || AnyPrivilege(on));
      case kReadData:
        if (on == kCatalog || !Reaches(kTable)) return false;
        return Has(Privilege::kSelect, on) || (on == kTable && Owns(kTable));
      case kUse: return on == kCatalog ? EntersCatalog() : EntersCatalog() && EntersSchema();
      case kModify: return Manages(on, false);
      case kRename: return Manages(on, false) && (on != kSchema || MayCreate(kSchema));
      default: return Manages(on, true);
    }
  }
  bool Storage(Action action, Kind on) const {
    switch (action) {
      case kSee:
      case kUse: return Manages(on, true) || AnyPrivilege(on);
      case kReadData: return Owns(on) || Has(Privilege::kReadFiles, on);
      case kModify:
      case kRename:
      case kDelete: return Manages(on, false);
      default: return Manages(on, true);
    }
  }
  bool Registered(Action action, Kind on, Privilege use) const {
    switch (action) {
      case kSee:
      case kUse:
      case kSeeGrants: return Owns(on) || AtMetastore(use);
      case kModify:
      case kChangeOwner: return Owns(on) || Admin();
      case kRename: return Owns(on) && Admin();
      case kDelete: return Owns(on) || (on == kProvider && Admin());
      default: return Owns(on);
    }
  }
  bool OfShare(Action action) const {
    const bool gives = Owns(kShare) || (AtMetastore(Privilege::kUseShare) &&
                                        AtMetastore(Privilege::kSetSharePermission));
    switch (action) {
      case kSee:
      case kUse:
      case kSeeGrants:
      case kTakeBackGrants: return Owns(kShare) || AtMetastore(Privilege::kUseShare);
      case kChangeOwner:
      case kManageGrants: return gives;
      case kRename: return Owns(kShare) && MayCreate(kShare);
      default: return Owns(kShare);
    }
  }
  bool May(Action action, Kind on) const {
    if (who.way == Way::kDeactivated) return false;
    switch (on) {
      case kMetastore:
        return action == kSee || action == kUse || Admin() || Given(Privilege::kManage, kMetastore);
      case kShare: return OfShare(action);
      case kRecipient: return Registered(action, on, Privilege::kUseRecipient);
      case kProvider: return Registered(action, on, Privilege::kUseProvider);
      case kStorageCredential:
      case kExternalLocation: return Storage(action, on);
      default: return Tree(action, on);
    }
  }
  bool MayCreate(Kind kind) const {
    switch (kind) {
      case kStorageCredential: return AtMetastore(Privilege::kCreateStorageCredential);
      case kExternalLocation: return AtMetastore(Privilege::kCreateExternalLocation);
      case kCatalog: return AtMetastore(Privilege::kCreateCatalog);
      case kShare: return AtMetastore(Privilege::kCreateShare);
      case kRecipient: return AtMetastore(Privilege::kCreateRecipient);
      case kProvider: return AtMetastore(Privilege::kCreateProvider);
      case kSchema:
        return Admin() ||
               (EntersCatalog() && (Owns(kCatalog) || Has(Privilege::kCreateSchema, kCatalog)));
      case kTable:
        return EntersCatalog() && EntersSchema() &&
               (Owns(kSchema) || Has(Privilege::kCreateTable, kSchema));
      default: return false;
    }
  }
};

// ---- the catalog

class AccessTest : public ::testing::Test, public testing::TreeCatalog {
 protected:
  AccessTest() {
    Edited([&](Edit& edit) {
      const Id metastore = edit.picture().metastore().id;
      const auto make = [&](const Id& parent, std::string name, Details details) {
        return edit.Create(Securable{.parent = parent,
                                     .name = std::move(name),
                                     .owner = root.principal,
                                     .details = std::move(details)});
      };
      const Id schema = make(make(metastore, "c", CatalogDetails{}), "s", SchemaDetails{});
      make(schema, "t", catalog::Table{.storage_location = "s3://lake/t"});
      make(metastore, NameOf(kStorageCredential), catalog::StorageCredential{});
      make(metastore, NameOf(kExternalLocation), catalog::ExternalLocation{.url = "s3://lake"});
      make(metastore, NameOf(kShare), catalog::Share{});
      make(metastore, NameOf(kRecipient), catalog::Recipient{});
      make(metastore, NameOf(kProvider), catalog::Provider{});
    });
    before_ = catalog->Now();
  }

  void Edited(const std::function<void(Edit&)>& alter) {
    const Status done = catalog->Change({}, [&](Edit& edit) {
      alter(edit);
      return Status();
    });
    ASSERT_TRUE(done.has_value());
  }

  // The picture in which ada is `who`.
  Picture With(const Who& who) {
    const Caller server{};
    Edit edit(*before_, server, clock.Now(), random);
    Id holder = ada.principal;
    if (who.way == Way::kGroup || who.way == Way::kGroupInGroup) {
      holder = edit.Create(
          Principal{.kind = PrincipalKind::kGroup, .name = "crew", .members = {ada.principal}});
    }
    if (who.way == Way::kGroupInGroup) {
      holder = edit.Create(
          Principal{.kind = PrincipalKind::kGroup, .name = "all crews", .members = {holder}});
    }
    if (who.way == Way::kDeactivated) {
      Principal gone = *edit.picture().FindPrincipal(holder);
      gone.active = false;
      edit.Update(std::move(gone));
    }
    for (const Kind kind : who.owns) {
      Securable owned = *edit.picture().FindByName(kind, NameOf(kind));
      owned.owner = holder;
      edit.Update(std::move(owned));
    }
    for (const auto& [privilege, kind] : who.given) {
      Securable on = *edit.picture().FindByName(kind, NameOf(kind));
      catalog::Grant grant{.principal = holder, .privilege = privilege};
      if (who.way == Way::kEnded) grant.expires_at = clock.Now();
      on.grants.push_back(grant);
      edit.Update(std::move(on));
    }
    return edit.TakePicture();
  }

  static std::string Told(const Who& who) {
    std::string text = "way " + std::to_string(static_cast<int>(who.way)) + ", owns";
    for (const Kind kind : who.owns) text += ' ' + std::string(KindWords(kind));
    for (const auto& [privilege, kind] : who.given) {
      text += ", " + std::string(PrivilegeName(privilege)) + " on " + std::string(KindWords(kind));
    }
    return text;
  }

  // Every action on every kind. Returns how many were allowed.
  size_t Compare(const Who& who) {
    const Picture picture = With(who);
    const Access access(picture, ada.principal, clock.Now());
    const Rules rules{who};
    size_t allowed = 0;
    for (const Kind kind : kKinds) {
      const Securable& on = *picture.FindByName(kind, NameOf(kind));
      for (const Action action : kActions) {
        const Decision decision = access.May(action, on);
        allowed += decision.allowed ? 1 : 0;
        EXPECT_EQ(decision.allowed, rules.May(action, kind))
            << Told(who) << ": action " << static_cast<int>(action) << " on " << KindWords(kind)
            << "; " << decision.reason;
        EXPECT_FALSE(decision.reason.empty());
      }
      const Securable& parent = kind == kTable    ? *picture.FindByName(kSchema, "c.s")
                                : kind == kSchema ? *picture.FindByName(kCatalog, "c")
                                                  : picture.metastore();
      EXPECT_EQ(access.MayCreate(kind, parent).allowed, rules.MayCreate(kind))
          << Told(who) << ": makes a " << KindWords(kind);
    }
    return allowed;
  }

  static constexpr Kind kKinds[] = {
      kMetastore, kStorageCredential, kExternalLocation, kCatalog, kSchema, kTable,
      kShare,     kRecipient,         kProvider};
  static constexpr Action kActions[] = {kSee,          kReadData,      kUse,    kModify,
                                        kRename,       kChangeOwner,   kDelete, kSeeGrants,
                                        kManageGrants, kTakeBackGrants};
  static constexpr Way kWays[] = {Way::kHimself, Way::kGroup, Way::kGroupInGroup, Way::kEnded,
                                  Way::kDeactivated};
  std::shared_ptr<const Picture> before_;
};

TEST_F(AccessTest, OnePrivilegeAtATime) {
  for (const Kind kind : kKinds) {
    if (kind == kShare) continue;  // of recipients
    for (const Privilege privilege : GrantableOn(kind)) {
      for (const Way way : kWays) Compare({.given = {{privilege, kind}}, .way = way});
    }
  }
}

TEST_F(AccessTest, PrivilegesInTheTreeWithTheWayThere) {
  for (const Kind kind : {kCatalog, kSchema, kTable}) {
    for (const Privilege privilege : GrantableOn(kind)) {
      const auto catalog_use = std::pair(Privilege::kUseCatalog, kCatalog);
      const auto schema_use = std::pair(Privilege::kUseSchema, kSchema);
      Compare({.given = {{privilege, kind}, catalog_use}});
      Compare({.given = {{privilege, kind}, schema_use}});
      Compare({.given = {{privilege, kind}, catalog_use, schema_use}});
    }
  }
}

TEST_F(AccessTest, PairsOnTheMetastore) {
  for (const Privilege one : GrantableOn(kMetastore)) {
    for (const Privilege other : GrantableOn(kMetastore)) {
      Compare({.given = {{one, kMetastore}, {other, kMetastore}}});
    }
  }
}

TEST_F(AccessTest, Owners) {
  for (const Kind one : kKinds) {
    for (const Kind other : kKinds) {
      for (const Way way : kWays) {
        Compare({.owns = {one, other}, .way = way});
        Compare({.owns = {one, other},
                 .given = {{Privilege::kUseCatalog, kCatalog}, {Privilege::kUseSchema, kSchema}},
                 .way = way});
      }
    }
  }
}

TEST_F(AccessTest, TheServerItselfMayDoAll) {
  const Access server(*before_, "", clock.Now());
  for (const Kind kind : kKinds) {
    for (const Action action : kActions) {
      EXPECT_TRUE(server.May(action, *before_->FindByName(kind, NameOf(kind))).allowed);
    }
  }
  EXPECT_TRUE(server.IsMetastoreAdmin());
  const Access nobody(*before_, "no such principal", clock.Now());
  EXPECT_FALSE(nobody.May(kSee, before_->metastore()).allowed);
}

TEST_F(AccessTest, AStrangerSeesTheMetastoreAndNothingElse) {
  EXPECT_EQ(Compare({}), 2u);
  EXPECT_EQ(Compare({.owns = {kTable}, .way = Way::kDeactivated}), 0u);
}

TEST_F(AccessTest, AdministratorsReadNoDataWithoutAGrant) {
  const Picture picture = With({.owns = {kMetastore}});
  const Access admin(picture, ada.principal, clock.Now());
  EXPECT_TRUE(admin.May(kSee, *picture.FindByName(kTable, "c.s.t")).allowed);
  EXPECT_TRUE(admin.May(kManageGrants, *picture.FindByName(kTable, "c.s.t")).allowed);
  EXPECT_FALSE(admin.May(kReadData, *picture.FindByName(kTable, "c.s.t")).allowed);
  EXPECT_FALSE(admin.May(kReadData, *picture.FindByName(kShare, NameOf(kShare))).allowed);
}

TEST_F(AccessTest, AllPrivilegesLeaveThreeOut) {
  const Picture picture = With({.given = {{Privilege::kAllPrivileges, kCatalog}}});
  const Access access(picture, ada.principal, clock.Now());
  const Securable& on = *picture.FindByName(kCatalog, "c");
  for (const Privilege privilege : GrantableOn(kCatalog)) {
    const bool out = privilege == Privilege::kManage || privilege == Privilege::kExternalUseSchema;
    EXPECT_EQ(access.Holds(privilege, on).allowed, !out) << PrivilegeName(privilege);
  }
}

TEST_F(AccessTest, EverybodyIsInAccountUsers) {
  Edited([&](Edit& edit) {
    Securable on = *edit.picture().FindByName(kCatalog, "c");
    on.grants = {{edit.picture().FindPrincipalByName(kAllUsers)->id, Privilege::kUseCatalog}};
    edit.Update(std::move(on));
  });
  const Decision used = AccessOf(bob).May(kUse, *Find(kCatalog, "c"));
  EXPECT_TRUE(used.allowed);
  EXPECT_EQ(used.reason,
            "bob@example.org has USE CATALOG on catalog c through group account users");
}

TEST_F(AccessTest, AGrantEndsAtItsTime) {
  Edited([&](Edit& edit) {
    Securable on = *edit.picture().FindByName(kCatalog, "c");
    on.grants = {{ada.principal, Privilege::kUseCatalog, clock.Now() + hours(1)}};
    edit.Update(std::move(on));
  });
  EXPECT_TRUE(AccessOf(ada).May(kUse, *Find(kCatalog, "c")).allowed);
  const auto picture = catalog->Now();
  const Access later(*picture, ada.principal, clock.Now() + hours(1));
  EXPECT_FALSE(later.May(kUse, *picture->FindByName(kCatalog, "c")).allowed);
}

TEST_F(AccessTest, ReasonsSayWhatIsMissingAndWhence) {
  const Picture with = With({.given = {{Privilege::kSelect, kSchema}}, .way = Way::kGroup});
  const Access access(with, ada.principal, clock.Now());
  const Securable& table = *with.FindByName(kTable, "c.s.t");
  EXPECT_EQ(access.Holds(Privilege::kSelect, table).reason,
            "ada@example.org has SELECT on schema c.s through group crew");
  EXPECT_EQ(access.May(kReadData, table).reason,
            "ada@example.org does not have USE SCHEMA on schema 'c.s'");
  EXPECT_EQ(access.Holds(Privilege::kModify, table).reason,
            "ada@example.org does not have MODIFY on table 'c.s.t'");
  EXPECT_EQ(access.May(kDelete, table).reason,
            "ada@example.org is neither the owner of table 'c.s.t' nor has MANAGE on it");
  const Picture owned = With({.owns = {kCatalog}});
  const Access owner(owned, ada.principal, clock.Now());
  EXPECT_EQ(owner.May(kDelete, *owned.FindByName(kCatalog, "c")).reason,
            "ada@example.org owns catalog c");
  EXPECT_EQ(Denied(access.May(kDelete, table)).error().code, Code::kPermissionDenied);
  const auto lines = ExplainAccess(access, table, "SELECT");
  ASSERT_TRUE(lines.has_value());
  EXPECT_THAT(lines->front().decision.reason, HasSubstr("USE SCHEMA"));
  EXPECT_FALSE(ExplainAccess(access, table, "FLY").has_value());
}

}  // namespace
}  // namespace sluice::catalog
