#include "catalog/sorted_map.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace sluice::catalog {
namespace {

using Model = std::map<std::string, int>;

void ExpectSame(const SortedMap<int>& map, const Model& model) {
  ASSERT_EQ(map.size(), model.size());
  auto at = map.Begin();
  for (const auto& [key, value] : model) {
    ASSERT_TRUE(at);
    ASSERT_EQ(at.key(), key);
    ASSERT_EQ(at.value(), value);
    at.Next();
  }
  ASSERT_FALSE(at);
}

std::string Key(int number) { return std::to_string(number * 7919 % 10'007); }

TEST(SortedMap, IsASortedMapWhateverIsDoneToIt) {
  std::mt19937 random(7);
  SortedMap<int> map;
  Model model;
  for (int step = 0; step < 4'000; ++step) {
    const std::string key = Key(static_cast<int>(random() % 700));
    if (random() % 3 == 0) {
      map.Erase(key);
      model.erase(key);
    } else {
      map.Put(key, step);
      model[key] = step;
    }
    const std::string asked = Key(static_cast<int>(random() % 700));
    const int* found = map.Find(asked);
    const auto wanted = model.find(asked);
    ASSERT_EQ(found != nullptr, wanted != model.end()) << asked;
    if (found != nullptr) {
      ASSERT_EQ(*found, wanted->second);
    }
    const auto from = map.From(asked);
    const auto behind = model.lower_bound(asked);
    ASSERT_EQ(static_cast<bool>(from), behind != model.end());
    if (from) {
      ASSERT_EQ(from.key(), behind->first);
    }
    if (step % 500 == 0) ExpectSame(map, model);
  }
  ExpectSame(map, model);
}

TEST(SortedMap, CopiesAreNotTouchedByWhatComesLater) {
  SortedMap<int> map;
  std::vector<std::pair<SortedMap<int>, Model>> copies;
  Model model;
  for (int i = 0; i < 1'000; ++i) {
    map.Put(Key(i), i);
    model[Key(i)] = i;
    if (i % 4 == 3) {
      map.Erase(Key(i - 2));
      model.erase(Key(i - 2));
    }
    if (i % 100 == 0) copies.emplace_back(map, model);
  }
  for (const auto& [copy, then] : copies) ExpectSame(copy, then);
}

TEST(SortedMap, OfSortedEntriesIsThatOfPuttingThem) {
  for (const int size : {0, 1, 63, 64, 65, 128, 1'000}) {
    Model model;
    for (int i = 0; i < size; ++i) model[Key(i)] = i;
    ExpectSame(SortedMap<int>::FromSorted({model.begin(), model.end()}), model);
  }
}

TEST(SortedMap, ErasingAllLeavesNothing) {
  SortedMap<int> map;
  for (int i = 0; i < 500; ++i) map.Put(Key(i), i);
  for (int i = 0; i < 500; ++i) map.Erase(Key(i));
  EXPECT_EQ(map.size(), 0U);
  EXPECT_FALSE(map.Begin());
  EXPECT_FALSE(map.From(""));
  map.Erase("x");
  map.Put("x", 1);
  EXPECT_EQ(*map.Find("x"), 1);
}

}  // namespace
}  // namespace sluice::catalog
