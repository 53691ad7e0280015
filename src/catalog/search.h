// catalog/search.h -- objects found by words of their names and comments.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "catalog/access.h"
#include "catalog/picture.h"

namespace sluice::catalog {

// What is looked at more closely, and what is told at most.
inline constexpr size_t kMostMatches = 100'000;
inline constexpr size_t kMostFound = 1000;

struct Found {
  std::vector<const Securable*> securables;  // the best first
  bool more = false;                         // there may be others
};

// Objects that have all words of `query`, in any case, in name or comment; a word with a dot in the
// full name. First those whose name is the query, then whose name begins with it, then whose name
// has it, then the rest. Empty `kinds`: of all kinds but the metastore. Those alone that `access`
// may see. A query without words finds nothing.
Found Search(const Picture& picture, const Access& access, std::string_view query,
             const std::vector<Kind>& kinds);

}  // namespace sluice::catalog
