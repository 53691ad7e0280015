// catalog/testing/tree_catalog.h -- a catalog in memory with a few people, for tests of the tree.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/testing/manual_clock.h"
#include "catalog/access.h"
#include "catalog/catalog.h"
#include "catalog/testing/memory_store.h"

namespace sluice::catalog::testing {

// A folder that lives as long as a test; its path is real.
class LakeFolder {
 public:
  LakeFolder() {
    const auto temporary = std::filesystem::canonical(std::filesystem::temp_directory_path());
    std::string name = (temporary / "sluice-test-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~LakeFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  LakeFolder(const LakeFolder&) = delete;
  LakeFolder& operator=(const LakeFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// root administers the metastore; ada and bob may do what they are granted.
class TreeCatalog {
 public:
  TreeCatalog() {
    server_ = {.principal = {}, .name = "sluice"};
    root = AddUser("root@example.org");
    ada = AddUser("ada@example.org");
    bob = AddUser("bob@example.org");
    Change([&](Edit& edit) {
      Principal admins = *edit.picture().FindPrincipalByName(kAdmins);
      admins.members.push_back(root.principal);
      edit.Update(std::move(admins));
    });
  }

  Caller AddUser(const std::string& name) {
    Id id;
    Change([&](Edit& edit) { id = edit.Create(Principal{.name = name}); });
    return {.principal = id, .name = name};
  }
  void Grant(const Caller& who, Privilege privilege, Kind kind, std::string_view full_name) {
    Change([&](Edit& edit) {
      Securable on = *edit.picture().FindByName(kind, full_name);
      on.grants.push_back({.principal = who.principal, .privilege = privilege});
      edit.Update(std::move(on));
    });
  }
  void GrantOnMetastore(const Caller& who, Privilege privilege) {
    Grant(who, privilege, Kind::kMetastore, "sluice");
  }
  // Makes a share with one object in it.
  void Share(const std::string& name, const Caller& owner, Kind kind, std::string_view full_name) {
    Change([&](Edit& edit) {
      const Id object = edit.picture().FindByName(kind, full_name)->id;
      catalog::Share share;
      share.objects.push_back({.id = edit.NewUuid(), .kind = kind, .object = object});
      edit.Create(Securable{.parent = edit.picture().metastore().id,
                            .name = name,
                            .owner = owner.principal,
                            .details = std::move(share)});
    });
  }
  const Securable* Find(Kind kind, std::string_view full_name) {
    picture_ = catalog->Now();
    return picture_->FindByName(kind, full_name);
  }
  Access AccessOf(const Caller& caller) {
    picture_ = catalog->Now();
    return {*picture_, caller.principal, clock.Now()};
  }

  sluice::testing::ManualClock clock{FromUnixMillis(1'700'000'000'000)};
  SecureRandom random;
  MemoryStore store;
  std::unique_ptr<Catalog> catalog =
      Catalog::Open(store, clock, random, std::string(32, 'k')).value();
  Caller root;
  Caller ada;
  Caller bob;

 private:
  template <class Alter>
  void Change(const Alter& alter) {
    const Status done = catalog->Change(server_, [&](Edit& edit) -> Status {
      alter(edit);
      return {};
    });
    ASSERT_TRUE(done.has_value());
  }

  Caller server_;
  std::shared_ptr<const Picture> picture_;
};

}  // namespace sluice::catalog::testing
