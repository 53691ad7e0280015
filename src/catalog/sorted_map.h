// catalog/sorted_map.h -- a sorted map that is cheap to copy: copies share what they have in
// common.
//
// Keys are text. Entries lie in chunks of at most kChunk; a change copies one chunk and the list of
// chunks, a copy of the map copies a pointer. So a picture of the whole catalog can be taken,
// altered and thrown away at will. Look-up: two binary searches.
//
// A map is a value: one thread may change one object, while any number read copies of it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::catalog {

template <class V>
class SortedMap {
 public:
  using Entry = std::pair<std::string, V>;

  // Stands on an entry, or behind the last. Valid as long as the map is neither changed nor gone.
  class Cursor {
   public:
    explicit operator bool() const { return chunk_ < map_->chunks_->size(); }
    const std::string& key() const { return entry().first; }
    const V& value() const { return entry().second; }
    void Next() {
      if (++index_ < (*map_->chunks_)[chunk_]->size()) return;
      index_ = 0;
      ++chunk_;
    }

   private:
    friend class SortedMap;
    Cursor(const SortedMap* map, size_t chunk, size_t index)
        : map_(map), chunk_(chunk), index_(index) {}
    const Entry& entry() const { return (*(*map_->chunks_)[chunk_])[index_]; }

    const SortedMap* map_;
    size_t chunk_;
    size_t index_;
  };

  SortedMap() : chunks_(std::make_shared<const Chunks>()) {}

  // `entries` in order of their keys, each key once.
  static SortedMap FromSorted(std::vector<Entry> entries) {
    Chunks chunks;
    for (size_t begin = 0; begin < entries.size(); begin += kChunk / 2) {
      const size_t end = std::min(entries.size(), begin + kChunk / 2);
      const auto from = entries.begin() + static_cast<ptrdiff_t>(begin);
      const auto to = entries.begin() + static_cast<ptrdiff_t>(end);
      chunks.push_back(std::make_shared<const Chunk>(std::make_move_iterator(from),
                                                     std::make_move_iterator(to)));
    }
    SortedMap map;
    map.size_ = entries.size();
    map.chunks_ = std::make_shared<const Chunks>(std::move(chunks));
    return map;
  }

  size_t size() const { return size_; }

  const V* Find(std::string_view key) const {
    const Cursor found = From(key);
    return found && found.key() == key ? &found.value() : nullptr;
  }

  // The first entry whose key is not before `key`.
  Cursor From(std::string_view key) const {
    const size_t chunk = ChunkOf(key);
    if (chunk == chunks_->size()) return Cursor(this, chunk, 0);
    const size_t index = IndexIn(*(*chunks_)[chunk], key);
    if (index < (*chunks_)[chunk]->size()) return Cursor(this, chunk, index);
    return Cursor(this, chunk + 1, 0);
  }
  Cursor Begin() const { return Cursor(this, 0, 0); }

  // Sets the value of `key`.
  void Put(std::string_view key, V value) {
    Chunks chunks = *chunks_;
    if (chunks.empty()) {
      chunks.push_back(std::make_shared<const Chunk>());
    }
    const size_t at = std::min(ChunkOf(key), chunks.size() - 1);
    Chunk chunk = *chunks[at];
    const size_t index = IndexIn(chunk, key);
    if (index < chunk.size() && chunk[index].first == key) {
      chunk[index].second = std::move(value);
    } else {
      chunk.emplace(chunk.begin() + static_cast<ptrdiff_t>(index), std::string(key),
                    std::move(value));
      ++size_;
    }
    if (chunk.size() > kChunk) {
      const auto middle = chunk.begin() + static_cast<ptrdiff_t>(chunk.size() / 2);
      chunks.insert(chunks.begin() + static_cast<ptrdiff_t>(at) + 1,
                    std::make_shared<const Chunk>(middle, chunk.end()));
      chunk.erase(middle, chunk.end());
    }
    chunks[at] = std::make_shared<const Chunk>(std::move(chunk));
    chunks_ = std::make_shared<const Chunks>(std::move(chunks));
  }

  // Nothing happens where there is no such key.
  void Erase(std::string_view key) {
    if (Find(key) == nullptr) return;
    Chunks chunks = *chunks_;
    const size_t at = ChunkOf(key);
    Chunk chunk = *chunks[at];
    chunk.erase(chunk.begin() + static_cast<ptrdiff_t>(IndexIn(chunk, key)));
    if (chunk.empty()) {
      chunks.erase(chunks.begin() + static_cast<ptrdiff_t>(at));
    } else {
      chunks[at] = std::make_shared<const Chunk>(std::move(chunk));
    }
    --size_;
    chunks_ = std::make_shared<const Chunks>(std::move(chunks));
  }

 private:
  static constexpr size_t kChunk = 128;
  using Chunk = std::vector<Entry>;                          // never empty
  using Chunks = std::vector<std::shared_ptr<const Chunk>>;  // in order

  // The first chunk whose last key is not before `key`.
  size_t ChunkOf(std::string_view key) const {
    const auto found = std::ranges::partition_point(
        *chunks_, [&](const auto& chunk) { return chunk->back().first < key; });
    return static_cast<size_t>(found - chunks_->begin());
  }
  static size_t IndexIn(const Chunk& chunk, std::string_view key) {
    const auto found =
        std::ranges::partition_point(chunk, [&](const Entry& entry) { return entry.first < key; });
    return static_cast<size_t>(found - chunk.begin());
  }

  std::shared_ptr<const Chunks> chunks_;
  size_t size_ = 0;
};

}  // namespace sluice::catalog
