// A picture that was altered step by step answers as one that was made of the same content at once.
#include "catalog/picture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace sluice::catalog {
namespace {

using enum Kind;
constexpr size_t kNames = 5;

crypto::Digest HashOf(size_t n) { return crypto::Sha256("secret " + std::to_string(n)); }
std::string Numbered(std::string_view stem, size_t n) {
  return std::string(stem) + std::to_string(n);
}

// What is in the picture, and everything that is looked up in it, as text.
class World {
 public:
  explicit World(unsigned seed) : random_(seed) {
    auto metastore = std::make_shared<Securable>();
    metastore->id = "m";
    metastore->name = "Metastore";
    metastore->details = Metastore{};
    Keep(metastore);
  }

  void Step() {
    switch (Any(8)) {
      case 0: return PutTree(kCatalog, "m");
      case 1: return PutTree(kSchema, Numbered("CATALOG", Any(kNames)));
      case 2: return PutTree(kTable, Numbered("SCHEMA", Any(kNames)));
      case 3: return PutShare();
      case 4: return PutRecipient();
      case 5: return PutPrincipal();
      case 6: return PutToken();
      default: return Erase();
    }
  }

  PictureContent Content() {
    PictureContent content;
    for (const auto& [id, one] : securables) content.securables.push_back(one);
    for (const auto& [id, one] : principals) content.principals.push_back(one);
    for (const auto& [id, one] : tokens) content.access_tokens.push_back(one);
    std::ranges::shuffle(content.securables, random_);
    std::ranges::shuffle(content.principals, random_);
    return content;
  }

  Picture picture;
  std::map<Id, SecurablePtr> securables;
  std::map<Id, PrincipalPtr> principals;
  std::map<Id, AccessTokenPtr> tokens;

 private:
  size_t Any(size_t below) { return random_() % below; }

  // A name that nobody else has there, in changing letters; empty: all are taken.
  std::string FreeName(Kind kind, const Id& parent, const Id& own) {
    for (size_t i = 0; i < 4; ++i) {
      std::string name = Numbered(Any(2) == 0 ? "name" : "NAME", Any(kNames * 2));
      const Securable* other = picture.FindChild(kind, parent, name);
      if (other == nullptr || other->id == own) return name;
    }
    return {};
  }
  void Keep(std::shared_ptr<Securable> securable) {
    securables[securable->id] = securable;
    picture.Put(SecurablePtr(std::move(securable)));
  }
  std::shared_ptr<Securable> Made(Kind kind, const Id& id, const Id& parent) {
    const std::string name = FreeName(kind, parent, id);
    if (name.empty()) return nullptr;
    auto made = std::make_shared<Securable>();
    made->id = id;
    made->parent = parent;
    made->name = name;
    return made;
  }

  void PutTree(Kind kind, const Id& parent) {
    if (!securables.contains(parent)) return;
    const Id id = Numbered(KindName(kind), Any(kNames));
    // What is there stays where it is: nothing moves from one parent to another.
    const auto there = securables.find(id);
    const auto made = Made(kind, id, there == securables.end() ? parent : there->second->parent);
    if (made == nullptr) return;
    if (kind == kCatalog) made->details = CatalogDetails{};
    if (kind == kSchema) made->details = SchemaDetails{};
    if (kind == kTable) {
      made->details = Table{.storage_location = "s3://lake/" + id + Numbered("/v", Any(2))};
    }
    Keep(made);
  }
  void PutShare() {
    const auto made = Made(kShare, Numbered("SHARE", Any(kNames)), "m");
    if (made == nullptr) return;
    Share share;
    for (size_t i = 0; i < kNames; ++i) {
      if (Any(2) == 0) made->grants.push_back({.principal = Numbered("RECIPIENT", i)});
      if (Any(2) == 0) share.objects.push_back({.id = "o", .object = Numbered("TABLE", i)});
      if (Any(4) == 0) share.objects.push_back({.id = "o", .object = Numbered("SCHEMA", i)});
    }
    made->details = std::move(share);
    Keep(made);
  }
  void PutRecipient() {
    const size_t number = Any(kNames);
    const auto made = Made(kRecipient, Numbered("RECIPIENT", number), "m");
    if (made == nullptr) return;
    Recipient recipient;
    for (size_t i = 0; i < Any(3); ++i) {
      RecipientToken token{.id = Numbered("t", i)};
      if (Any(2) == 0) {
        token.hash = HashOf(number * 10 + i);
      } else {
        token.activation_hash = HashOf(number * 10 + i);
      }
      recipient.tokens.push_back(std::move(token));
    }
    made->details = std::move(recipient);
    Keep(made);
  }
  void PutPrincipal() {
    auto made = std::make_shared<Principal>();
    made->id = Numbered("p", Any(kNames));
    made->kind = static_cast<PrincipalKind>(Any(3));
    made->name = Numbered(Any(2) == 0 ? "who" : "WHO", Any(kNames * 2));
    const Principal* other = picture.FindPrincipalByName(made->name);
    if (other != nullptr && other->id != made->id) return;
    for (size_t i = 0; i < kNames; ++i) {
      if (Any(3) == 0) made->members.push_back(Numbered("p", i));
    }
    principals[made->id] = made;
    picture.Put(PrincipalPtr(made));
  }
  void PutToken() {
    auto made = std::make_shared<AccessToken>();
    const size_t number = Any(kNames);
    made->id = Numbered("a", number);
    made->principal = Numbered("p", Any(kNames));
    made->hash = HashOf(1000 + number * 2 + Any(2));
    tokens[made->id] = made;
    picture.Put(AccessTokenPtr(made));
  }
  void Erase() {
    if (Any(3) == 0) {
      const Id id = Numbered("p", Any(kNames));
      principals.erase(id);
      return picture.ErasePrincipal(id);
    }
    if (Any(2) == 0) {
      const Id id = Numbered("a", Any(kNames));
      tokens.erase(id);
      return picture.EraseAccessToken(id);
    }
    const Kind kind = static_cast<Kind>(Any(9));
    const Id id = Numbered(KindName(kind), Any(kNames));
    const bool parent =
        std::ranges::any_of(securables, [&](const auto& one) { return one.second->parent == id; });
    if (parent) return;  // children go first
    securables.erase(id);
    picture.EraseSecurable(id);
  }

  std::mt19937 random_;
};

void Tell(std::string& text, std::string_view what, const Securable* found) {
  text += std::string(what) + '=' + (found == nullptr ? "-" : found->id + '/' + found->name) + '\n';
}

// Of all names, urls, hashes and ids that a World may have used.
std::string LookUps(const Picture& picture) {
  std::string text;
  constexpr Kind kKinds[] = {
      kStorageCredential, kExternalLocation, kCatalog, kSchema, kTable, kShare,
      kRecipient,         kProvider};
  std::vector<Id> parents = {"m"};
  for (size_t i = 0; i < kNames; ++i) {
    parents.push_back(Numbered("CATALOG", i));
    parents.push_back(Numbered("SCHEMA", i));
  }
  for (const Kind kind : kKinds) {
    text += std::to_string(picture.Count(kind)) + ' ';
    for (size_t i = 0; i < kNames; ++i) {
      Tell(text, "id", picture.Find(Numbered(KindName(kind), i)));
    }
    for (const Id& parent : parents) {
      text += std::to_string(picture.CountChildren(kind, parent)) + ' ';
      for (size_t i = 0; i < kNames * 2; ++i) {
        Tell(text, "name", picture.FindChild(kind, parent, Numbered("Name", i)));
      }
      picture.VisitChildren(kind, parent, "name2", [&](const SecurablePtr& child) {
        Tell(text, "child", child.get());
        return true;
      });
    }
  }
  for (size_t i = 0; i < kNames; ++i) {
    const std::string table = Numbered("TABLE", i);
    for (const std::string& url : {"s3://lake/" + table + "/v0", "s3://lake/" + table + "/v1/x"}) {
      Tell(text, url, picture.LocationAround(kTable, url));
    }
    Tell(text, "below", picture.LocationBelow(kTable, "s3://lake/" + table));
    for (const Id& object : {table, Numbered("SCHEMA", i)}) {
      for (const Securable* share : picture.SharesWith(object)) Tell(text, "with", share);
    }
    picture.VisitSharesOf(Numbered("RECIPIENT", i), [&](const Securable& share) {
      Tell(text, "of", &share);
      return true;
    });
    const Id id = Numbered("p", i);
    std::vector<Id> groups = picture.GroupsOf(id);
    std::ranges::sort(groups);
    for (const Id& group : groups) text += id + " in " + group + '\n';
    text += picture.PrincipalName(id) + '\n';
    for (const AccessToken* token : picture.AccessTokensOf(id)) text += id + token->id + '\n';
    const AccessToken* token = picture.FindAccessTokenById(Numbered("a", i));
    text += token == nullptr ? "-\n" : token->principal + '\n';
  }
  for (size_t i = 0; i < kNames * 2; ++i) {
    const Principal* who = picture.FindPrincipalByName(Numbered("Who", i));
    text += who == nullptr ? "-\n" : who->id + '\n';
    const AccessToken* token = picture.FindAccessToken(HashOf(1000 + i));
    text += token == nullptr ? "-\n" : token->id + '\n';
  }
  for (size_t i = 0; i < kNames * 10; ++i) {
    for (const auto& found :
         {picture.FindRecipientToken(HashOf(i)), picture.FindActivation(HashOf(i))}) {
      if (found) Tell(text, Numbered("token", found->index), found->recipient.get());
    }
  }
  return text;
}

TEST(PictureTest, StepByStepIsAsAtOnce) {
  for (unsigned seed = 0; seed < 30; ++seed) {
    World world(seed);
    for (int step = 0; step < 300; ++step) {
      world.Step();
      if (step % 50 != 49) continue;
      ASSERT_EQ(LookUps(world.picture), LookUps(Picture::Of(world.Content())))
          << "seed " << seed << ", step " << step;
    }
  }
}

TEST(PictureTest, ACopyIsNotTouched) {
  World world(7);
  for (int step = 0; step < 200; ++step) world.Step();
  const Picture copy = world.picture;
  const std::string before = LookUps(copy);
  for (int step = 0; step < 200; ++step) world.Step();
  EXPECT_NE(LookUps(world.picture), before);
  EXPECT_EQ(LookUps(copy), before);
}

TEST(PictureTest, WhatWasMadeAtOnceCanBeAltered) {
  World world(11);
  for (int step = 0; step < 200; ++step) world.Step();
  world.picture = Picture::Of(world.Content());
  for (int step = 0; step < 200; ++step) world.Step();
  EXPECT_EQ(LookUps(world.picture), LookUps(Picture::Of(world.Content())));
}

}  // namespace
}  // namespace sluice::catalog
