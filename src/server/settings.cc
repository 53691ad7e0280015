#include "server/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <type_traits>
#include <utility>

#include "base/encoding.h"

namespace sluice::server {
namespace {

constexpr size_t kShownBytes = 80;

// In the unit of the target: milliseconds or bytes.
int64_t Scale(Unit unit) {
  switch (unit) {
    case Unit::kHours: return 3'600'000;
    case Unit::kSeconds: return 1000;
    case Unit::kMebibytes: return 1 << 20;
    case Unit::kNone:
    case Unit::kMilliseconds:
    case Unit::kBytes: return 1;
  }
  return 1;
}

std::chrono::seconds LifetimeOf(Millis said, bool with_catalog) {
  if (said > Millis(0)) return std::chrono::duration_cast<std::chrono::seconds>(said);
  return with_catalog ? std::chrono::minutes(15) : std::chrono::hours(1);
}

std::string Range(const Setting& setting) {
  if (setting.least == setting.most) return fmt::format("{}", setting.least);
  if (setting.most == std::numeric_limits<int64_t>::max()) {
    return fmt::format("a whole number, {} or more", setting.least);
  }
  return fmt::format("a whole number from {} to {}", setting.least, setting.most);
}

// Edits between two words without regard to case: a letter too many, too few or wrong, or two that
// changed places (Damerau and Levenshtein, optimal string alignment).
size_t Distance(std::string_view a, std::string_view b) {
  const std::string left = AsciiLower(a);
  const std::string right = AsciiLower(b);
  std::vector<size_t> before_last;
  std::vector<size_t> last(right.size() + 1);
  for (size_t j = 0; j < last.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= left.size(); ++i) {
    std::vector<size_t> row(right.size() + 1, i);
    for (size_t j = 1; j < row.size(); ++j) {
      const size_t wrong = left[i - 1] == right[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + wrong});
      const bool swapped =
          i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last = std::exchange(last, std::move(row));
  }
  return last.back();
}

std::string_view Leaf(std::string_view key) { return key.substr(key.rfind('.') + 1); }

std::string_view Parent(std::string_view key) {
  const size_t dot = key.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : key.substr(0, dot);
}

}  // namespace

const Setting* FindSetting(std::string_view key) {
  const auto all = AllSettings();
  const auto at = std::ranges::find(all, key, &Setting::key);
  return at == all.end() ? nullptr : &*at;
}

std::optional<std::string_view> NearestWord(std::string_view word,
                                            std::span<const std::string_view> words) {
  // A key of a megabyte is no typing error, and comparing it would take long.
  if (word.empty() || word.size() > 100) return std::nullopt;
  std::optional<std::string_view> best;
  size_t best_distance = word.size();
  for (const std::string_view candidate : words) {
    const size_t allowed = std::max<size_t>(1, std::max(word.size(), candidate.size()) / 3);
    const size_t distance = Distance(word, candidate);
    if (distance > allowed || distance >= best_distance) continue;
    best_distance = distance;
    best = candidate;
  }
  return best;
}

std::optional<std::string> NearestKey(std::string_view group, std::string_view key) {
  std::vector<std::string_view> siblings;
  for (const Setting& setting : AllSettings()) {
    if (Parent(setting.key) == group) siblings.push_back(Leaf(setting.key));
  }
  const std::optional<std::string_view> near = NearestWord(key, siblings);
  if (near) return std::string(*near);
  for (const Setting& setting : AllSettings()) {
    if (EqualsIgnoreCase(Leaf(setting.key), key)) return std::string(setting.key);
  }
  return std::nullopt;
}

std::chrono::seconds LinkLifetime(const Settings& settings, bool with_catalog) {
  return LifetimeOf(settings.pre_signed_url_timeout, with_catalog);
}

std::chrono::seconds CredentialLifetime(const Settings& settings, bool with_catalog) {
  return LifetimeOf(settings.temporary_credential_validity, with_catalog);
}

Settings DefaultSettings() {
  Settings settings{};
  for (const Setting& setting : AllSettings()) {
    if (setting.initial.empty()) continue;
    IgnoreError(Assign(settings, setting, setting.initial), "a test assigns every default");
  }
  return settings;
}

std::vector<std::string_view> TakeLive(Settings& running, const Settings& wanted) {
  std::vector<std::string_view> waiting;
  for (const Setting& setting : AllSettings()) {
    std::visit(
        [&]<class T>(const T& member) {
          if constexpr (!std::is_same_v<T, std::monostate>) {
            if (running.*member == wanted.*member) return;
            if (setting.applies == Applies::kAtOnce) {
              running.*member = wanted.*member;
            } else {
              waiting.push_back(setting.key);
            }
          }
        },
        setting.target);
  }
  return waiting;
}

Result<int64_t> ParseWholeNumber(const Setting& setting, std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (whole && value >= setting.least && value <= setting.most) return value;
  return Fail(Code::kInvalidArgument,
              fmt::format("'{}' must be {}, not {}", setting.key, Range(setting), Shown(text)));
}

Result<bool> ParseFlag(const Setting& setting, std::string_view text) {
  if (EqualsIgnoreCase(text, "true")) return true;
  if (EqualsIgnoreCase(text, "false")) return false;
  return Fail(Code::kInvalidArgument,
              fmt::format("'{}' must be true or false, not {}", setting.key, Shown(text)));
}

Status CheckText(const Setting& setting, std::string_view text) {
  if (text.find('\0') != std::string_view::npos) {
    return Fail(Code::kInvalidArgument, fmt::format("'{}' holds a zero byte", setting.key));
  }
  if (setting.check == nullptr) return {};
  const Status checked = setting.check(text);
  if (checked.has_value()) return {};
  // A URL may hold a password.
  const bool hidden =
      setting.kind == Kind::kSecret || text.empty() || text.find('@') != std::string_view::npos;
  const std::string given = hidden ? "" : fmt::format(", not {}", Shown(text));
  return Fail(Code::kInvalidArgument,
              fmt::format("'{}' {}{}", setting.key, checked.error().message, given));
}

Status Assign(Settings& settings, const Setting& setting, std::string_view text) {
  if (setting.kind == Kind::kFlag) {
    const bool value = TRY(ParseFlag(setting, text));
    if (const auto* flag = std::get_if<bool Settings::*>(&setting.target)) settings.** flag = value;
    return {};
  }
  if (setting.kind != Kind::kWholeNumber) {
    TRY(CheckText(setting, text));
    if (const auto* member = std::get_if<std::string Settings::*>(&setting.target)) {
      settings.** member = text;
    }
    if (const auto* list = std::get_if<std::vector<std::string> Settings::*>(&setting.target)) {
      (settings.**list).emplace_back(text);
    }
    return {};
  }
  // No product overflows: a test multiplies the largest value of each row.
  const int64_t value = TRY(ParseWholeNumber(setting, text));
  std::visit(
      [&]<class T>(const T& member) {
        if constexpr (std::is_same_v<T, uint16_t Settings::*>) {
          settings.*member = static_cast<uint16_t>(value);
        } else if constexpr (std::is_same_v<T, uint64_t Settings::*>) {
          settings.*member = static_cast<uint64_t>(value);
        } else if constexpr (std::is_same_v<T, Millis Settings::*>) {
          settings.*member = Millis(value * Scale(setting.unit));
        } else if constexpr (std::is_same_v<T, ByteCount Settings::*>) {
          settings.*member = ByteCount{static_cast<uint64_t>(value * Scale(setting.unit))};
        }
      },
      setting.target);
  return {};
}

std::string Printable(std::string_view text) {
  std::string printable(text);
  for (char& byte : printable) {
    const auto value = static_cast<unsigned char>(byte);
    if (value < 0x20 || value == 0x7F) byte = '?';
  }
  return printable;
}

std::string Shown(std::string_view text) {
  std::string shown = "'" + Printable(text.substr(0, kShownBytes));
  if (text.size() > kShownBytes) {
    // A sequence that was cut in the middle would not be UTF-8.
    while ((static_cast<unsigned char>(shown.back()) & 0x80U) != 0) shown.pop_back();
    shown += "...";
  }
  return shown + "'";
}

}  // namespace sluice::server
