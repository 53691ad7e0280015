// catalog/testing/share_catalog.h -- a catalog in memory with data to share, for tests of shares.
//
// root administers the metastore. ada may make shares and read all of catalog "main": schemas
// "sales" (orders, customers) and "hr" (people). Catalog "other" has a schema "sales" too (orders),
// which ada may read as well. bob has nothing. acme and umbrella are recipients, root's.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/testing/manual_clock.h"
#include "catalog/catalog.h"
#include "catalog/share_grants.h"
#include "catalog/shares.h"
#include "catalog/testing/memory_store.h"

namespace sluice::catalog::testing {

class ShareCatalog {
 public:
  ShareCatalog() {
    root = AddUser("root@example.org");
    ada = AddUser("ada@example.org");
    bob = AddUser("bob@example.org");
    Change([&](Edit& edit) {
      Principal admins = *edit.picture().FindPrincipalByName(kAdmins);
      admins.members.push_back(root.principal);
      edit.Update(std::move(admins));
    });
    for (const std::string_view name : {"main", "other"}) AddTree(name);
    AddTable("main.sales", "customers");
    AddSchema("main", "hr");
    AddTable("main.hr", "people");
    GrantTo(ada, Privilege::kCreateShare, Kind::kMetastore, "sluice");
    AddRecipient("acme");
    AddRecipient("umbrella");
  }

  void Change(const std::function<void(Edit&)>& change) {
    const Status status = catalog->Change({.principal = {}, .name = "sluice"}, [&](Edit& edit) {
      change(edit);
      return Status();
    });
    if (!status) ADD_FAILURE() << status.error().message;
  }
  std::shared_ptr<const Picture> Now() const { return catalog->Now(); }

  Caller AddUser(const std::string& name) {
    Id id;
    Change([&](Edit& edit) { id = edit.Create(Principal{.name = name}); });
    return {.principal = id, .name = name};
  }
  void AddSchema(std::string_view in, const std::string& name) {
    Change([&](Edit& edit) {
      const Id parent = edit.picture().FindByName(Kind::kCatalog, in)->id;
      edit.Create(Securable{
          .parent = parent, .name = name, .owner = root.principal, .details = SchemaDetails{}});
    });
  }
  void AddTable(std::string_view schema, const std::string& name) {
    Change([&](Edit& edit) {
      const Id parent = edit.picture().FindByName(Kind::kSchema, schema)->id;
      const std::string location = "s3://lake/" + std::string(schema) + "/" + name;
      edit.Create(Securable{.parent = parent,
                            .name = name,
                            .owner = root.principal,
                            .details = Table{.storage_location = location}});
    });
  }
  Id AddRecipient(const std::string& name) {
    Id id;
    Change([&](Edit& edit) {
      id = edit.Create(Securable{.parent = edit.picture().metastore().id,
                                 .name = name,
                                 .owner = root.principal,
                                 .details = Recipient{}});
    });
    return id;
  }
  // Alters a securable past all rules.
  void Alter(Kind kind, std::string_view full_name, const std::function<void(Securable&)>& alter) {
    Change([&](Edit& edit) {
      Securable changed = *edit.picture().FindByName(kind, full_name);
      alter(changed);
      edit.Update(std::move(changed));
    });
  }
  void Erase(Kind kind, std::string_view full_name) {
    Change([&](Edit& edit) {
      edit.EraseSecurable(Id(edit.picture().FindByName(kind, full_name)->id));
    });
  }
  void GrantTo(const Caller& who, Privilege privilege, Kind kind, std::string_view full_name,
               std::optional<TimePoint> expires_at = {}) {
    Alter(kind, full_name,
          [&](Securable& on) { on.grants.push_back({who.principal, privilege, expires_at}); });
  }
  void TakeAll(const Caller& who, Kind kind, std::string_view full_name) {
    Alter(kind, full_name, [&](Securable& on) {
      std::erase_if(on.grants,
                    [&](const Grant& grant) { return grant.principal == who.principal; });
    });
  }

  // ada's share with these objects.
  void MakeShare(const std::string& name, std::vector<ObjectSpec> objects) {
    if (const auto made = CreateShare(*catalog, ada, {.name = name}); !made) {
      ADD_FAILURE() << made.error().message;
    }
    ShareChange change;
    for (ObjectSpec& object : objects) {
      change.updates.push_back({ObjectAction::kAdd, std::move(object)});
    }
    if (const auto made = UpdateShare(*catalog, ada, name, change); !made) {
      ADD_FAILURE() << made.error().message;
    }
  }
  void GiveShare(const std::string& share, const std::string& recipient,
                 std::optional<TimePoint> expires_at = {}) {
    const auto given = UpdateSharePermissions(
        *catalog, root, share,
        {{.recipient = recipient, .add = {"SELECT"}, .expires_at = expires_at}});
    if (!given) ADD_FAILURE() << given.error().message;
  }
  const Securable& ShareOf(std::string_view name) const {
    return *Now()->FindByName(Kind::kShare, name);
  }
  // As the sharing protocol knows a recipient.
  std::string PrincipalOf(std::string_view recipient) const {
    return "recipient:" + Now()->FindByName(Kind::kRecipient, recipient)->id;
  }

  MemoryStore store;
  sluice::testing::ManualClock clock{FromUnixMillis(1'700'000'000'000)};
  SecureRandom random;
  std::unique_ptr<Catalog> catalog = *Catalog::Open(store, clock, random, std::string(32, 'k'));
  Caller root, ada, bob;

 private:
  // A catalog with a schema "sales" and a table "orders", which ada may read.
  void AddTree(std::string_view name) {
    Change([&](Edit& edit) {
      edit.Create(Securable{.parent = edit.picture().metastore().id,
                            .name = std::string(name),
                            .owner = root.principal,
                            .details = CatalogDetails{}});
    });
    AddSchema(name, "sales");
    AddTable(std::string(name) + ".sales", "orders");
    for (const Privilege privilege :
         {Privilege::kUseCatalog, Privilege::kUseSchema, Privilege::kSelect}) {
      GrantTo(ada, privilege, Kind::kCatalog, name);
    }
  }
};

}  // namespace sluice::catalog::testing
