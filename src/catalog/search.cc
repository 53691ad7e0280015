#include "catalog/search.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/encoding.h"

namespace sluice::catalog {
namespace {

struct Match {
  int rank = 0;
  std::string name;  // folded
  const Securable* securable = nullptr;
};

class Words {
 public:
  explicit Words(std::string_view query) {
    const std::string folded = AsciiLower(query);
    size_t begin = 0;
    while (begin < folded.size()) {
      const size_t end = std::min(folded.find_first_of(" \t\r\n", begin), folded.size());
      if (end > begin) words_.push_back(folded.substr(begin, end - begin));
      begin = end + 1;
    }
  }

  bool empty() const { return words_.empty(); }

  // How well it matches, 0 the best; nothing: not at all.
  std::optional<Match> Of(const Picture& picture, const Securable& securable) const {
    Match match{.name = AsciiLower(securable.name), .securable = &securable};
    const std::string& first = words_.front();
    bool all_in_name = true;
    std::string comment;
    for (const std::string& word : words_) {
      if (match.name.contains(word)) continue;
      if (word.contains('.') && AsciiLower(picture.FullName(securable)).contains(word)) continue;
      all_in_name = false;
      if (comment.empty()) comment = AsciiLower(securable.comment);
      if (!comment.contains(word)) return std::nullopt;
    }
    if (!all_in_name) {
      match.rank = 3;
    } else if (match.name == first) {
      match.rank = 0;
    } else {
      match.rank = match.name.starts_with(first) ? 1 : 2;
    }
    return match;
  }

 private:
  std::vector<std::string> words_;
};

}  // namespace

Found Search(const Picture& picture, const Access& access, std::string_view query,
             const std::vector<Kind>& kinds) {
  Found found;
  const Words words(query);
  if (words.empty()) return found;
  std::vector<Match> matches;
  picture.VisitSecurables([&](const SecurablePtr& securable) {
    const Kind kind = securable->kind();
    const bool wanted =
        kinds.empty() ? kind != Kind::kMetastore : std::ranges::count(kinds, kind) > 0;
    if (!wanted) return true;
    auto match = words.Of(picture, *securable);
    if (!match) return true;
    if (matches.size() == kMostMatches) {
      found.more = true;
      return false;
    }
    matches.push_back(*std::move(match));
    return true;
  });
  std::ranges::sort(matches, [&picture](const Match& a, const Match& b) {
    if (a.rank != b.rank) return a.rank < b.rank;
    if (a.name != b.name) return a.name < b.name;
    return picture.FullName(*a.securable) < picture.FullName(*b.securable);
  });
  for (const Match& match : matches) {
    if (!access.May(Action::kSee, *match.securable).allowed) continue;
    if (found.securables.size() == kMostFound) {
      found.more = true;
      break;
    }
    found.securables.push_back(match.securable);
  }
  return found;
}

}  // namespace sluice::catalog
