#include "delta/overlay.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace sluice::delta {
namespace {

OverlayEntry Entry(std::string path) {
  StoredFile file;
  file.key_path = std::move(path);
  file.stats = std::string(100, 's');
  return {std::make_shared<const StoredFile>(std::move(file)), false};
}

using Model = std::map<std::string, FileChange>;

void Check(const Overlay& overlay, const Model& model) {
  ASSERT_EQ(overlay.size(), model.size());
  ASSERT_EQ(overlay.empty(), model.empty());
  size_t index = 0;
  for (const auto& [path, change] : model) {
    ASSERT_EQ(overlay[index].change, change);
    ASSERT_EQ(overlay.NotBefore({path, ""}), index);
    ASSERT_EQ(overlay.Behind({path, ""}), index + 1);
    ASSERT_EQ(overlay.NotBefore({path, "!"}), index + 1);
    ++index;
  }
  ASSERT_EQ(overlay.NotBefore({"", ""}), 0U);
  ASSERT_EQ(overlay.NotBefore({"~", ""}), model.size());
}

// What one model has and the other has not, or has otherwise.
std::set<FileChange> Beyond(const Model& model, const Model& other) {
  std::set<FileChange> found;
  for (const auto& [path, change] : model) {
    const auto there = other.find(path);
    if (there == other.end() || there->second != change) found.insert(change);
  }
  return found;
}

void CheckComparison(const Overlay& before, const Model& was, const Overlay& after,
                     const Model& is) {
  std::set<FileChange> old_ones, new_ones;
  std::string last;
  OverlayComparison comparison(before, after);
  while (const auto difference = comparison.Next()) {
    ASSERT_TRUE(difference->before != nullptr || difference->after != nullptr);
    const OverlayEntry& entry =
        difference->after != nullptr ? *difference->after : *difference->before;
    ASSERT_LT(last, entry.change->key_path);
    last = entry.change->key_path;
    if (difference->before != nullptr) old_ones.insert(difference->before->change);
    if (difference->after != nullptr) new_ones.insert(difference->after->change);
  }
  ASSERT_EQ(old_ones, Beyond(was, is));
  ASSERT_EQ(new_ones, Beyond(is, was));
}

class OverlayTest : public ::testing::TestWithParam<int> {
 protected:
  std::mt19937_64 random_{static_cast<uint64_t>(GetParam())};
};

TEST_P(OverlayTest, BehavesLikeAMap) {
  std::vector<std::pair<Overlay, Model>> versions(1);
  for (int commit = 0; commit < 60; ++commit) {
    auto [overlay, model] = versions.back();
    const uint64_t paths = commit < 30 ? 2000 : 10'000;
    const bool removing = commit % 20 > 12;  // almost all goes
    std::set<std::string> keys;
    for (uint64_t i = random_() % (commit % 7 == 3 ? 1500 : 40); i > 0; --i) {
      keys.insert(fmt::format("p{:05}", random_() % paths));
    }
    if (removing) {
      for (const auto& [path, change] : model) {
        if (random_() % 4 != 0) keys.insert(path);
      }
    }
    OverlayEdit edit(overlay);
    for (const std::string& path : keys) {
      const OverlayEntry* old = edit.Seek({path, ""});
      const auto known = model.find(path);
      ASSERT_EQ(old == nullptr ? nullptr : old->change,
                known == model.end() ? nullptr : known->second);
      model.erase(path);
      if (removing || random_() % 3 == 0) continue;
      OverlayEntry entry = Entry(path);
      model[path] = entry.change;
      edit.Put(std::move(entry));
    }
    Overlay next = edit.Finish();
    ASSERT_NO_FATAL_FAILURE(Check(next, model)) << commit;
    versions.emplace_back(std::move(next), std::move(model));
    const auto& [older, was] = versions[random_() % versions.size()];
    const auto& [newest, is] = versions.back();
    ASSERT_NO_FATAL_FAILURE(CheckComparison(older, was, newest, is)) << commit;
    ASSERT_NO_FATAL_FAILURE(CheckComparison(newest, is, older, was)) << commit;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, OverlayTest, ::testing::Range(0, 6));

Overlay Many(size_t count) {
  const Overlay none;
  OverlayEdit edit(none);
  for (size_t i = 0; i < count; ++i) {
    OverlayEntry entry = Entry(fmt::format("p{:05}", i));
    edit.Seek(entry.key());
    edit.Put(std::move(entry));
  }
  return edit.Finish();
}

TEST(Overlay, AChangeCostsAndHoldsLittle) {
  const Overlay before = Many(10'000);
  OverlayEdit edit(before);
  OverlayEntry entry = Entry("p05000x");
  edit.Seek(entry.key());
  edit.Put(std::move(entry));
  const Overlay after = edit.Finish();
  EXPECT_GT(after.memory(), before.memory());
  EXPECT_LT(after.MemoryBeyond(before), ByteCount{before.memory().value / 100});
  EXPECT_GT(after.MemoryBeyond(before), ByteCount{sizeof(StoredFile) + 100});
}

TEST(Overlay, WhatIsNotSharedIsCountedWhole) {
  const Overlay one = Many(1000);
  const Overlay other = Many(1000);
  EXPECT_EQ(one.MemoryBeyond(Overlay()), one.memory());
  EXPECT_EQ(one.MemoryBeyond(other), one.memory());
}

}  // namespace
}  // namespace sluice::delta
