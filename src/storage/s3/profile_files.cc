#include "storage/s3/profile_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/crypto/crypto.h"
#include "base/encoding.h"
#include "storage/s3/credential_place.h"
#include "storage/s3/small_file.h"

namespace sluice::storage {
namespace {

constexpr std::string_view kSpace = " \t\r\f\v";
constexpr std::string_view kDefault = "default";

bool IsSpace(char c) { return kSpace.find(c) != std::string_view::npos; }
bool IsCommentMark(char c) { return c == '#' || c == ';'; }

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

// A comment in a line of a property has a space before it: '#' and ';' may stand in values.
std::string_view WithoutComment(std::string_view value) {
  for (size_t i = 1; i < value.size(); ++i) {
    if (IsCommentMark(value[i]) && IsSpace(value[i - 1])) return value.substr(0, i);
  }
  return value;
}

std::string_view Unquoted(std::string_view name) {
  const bool quoted = name.size() >= 2 && name.front() == name.back() &&
                      (name.front() == '"' || name.front() == '\'');
  return quoted ? name.substr(1, name.size() - 2) : name;
}

class Parser {
 public:
  explicit Parser(ProfileFile kind) : kind_(kind) {}

  Result<Profiles> Parse(std::string_view text) {
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    while (!text.empty()) {
      const size_t end = std::min(text.find('\n'), text.size());
      ++number_;
      TRY(ReadLine(text.substr(0, end)));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return std::move(profiles_);
  }

 private:
  Status ReadLine(std::string_view line) {
    const std::string_view content = Trimmed(line);
    if (content.empty() || IsCommentMark(content.front())) return {};
    const auto indent = static_cast<size_t>(content.data() - line.data());
    if (property_indent_.has_value() && indent > *property_indent_) return {};
    property_indent_.reset();
    if (content.front() == '[') return ReadSection(content);
    property_indent_ = indent;
    return ReadProperty(content);
  }

  Status ReadSection(std::string_view line) {
    const size_t end = line.find(']');
    if (end == std::string_view::npos) return Broken("a section without ']'");
    const std::string_view rest = Trimmed(line.substr(end + 1));
    if (!rest.empty() && !IsCommentMark(rest.front())) return Broken("text behind a section");
    in_section_ = true;
    const std::optional<std::string> name = NameOf(Trimmed(line.substr(1, end - 1)));
    profile_ = name.has_value() ? &profiles_[*name] : nullptr;
    return {};
  }

  // Nothing: the section is no profile.
  std::optional<std::string> NameOf(std::string_view section) {
    constexpr std::string_view kProfile = "profile";
    const bool prefixed = section.size() > kProfile.size() && section.starts_with(kProfile) &&
                          IsSpace(section[kProfile.size()]);
    if (kind_ == ProfileFile::kCredentials) {
      const std::string_view name = Unquoted(section);
      if (prefixed || name.empty()) return std::nullopt;
      return std::string(name);
    }
    if (section == kDefault && !long_default_) return std::string(kDefault);
    if (!prefixed) return std::nullopt;
    const std::string_view name = Unquoted(Trimmed(section.substr(kProfile.size())));
    if (name.empty()) return std::nullopt;
    if (name == kDefault && !long_default_) {
      // Where both forms stand, [profile default] counts and [default] does not.
      long_default_ = true;
      profiles_.erase(std::string(kDefault));
    }
    return std::string(name);
  }

  Status ReadProperty(std::string_view line) {
    if (!in_section_) return Broken("a property before the first section");
    if (profile_ == nullptr) return {};
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos) return Broken("a property without '='");
    std::string key = AsciiLower(Trimmed(line.substr(0, equals)));
    if (key.empty()) return Broken("a property without a name");
    // The space before a value belongs to it here: "key = # why" has an empty value.
    const std::string_view value = Trimmed(WithoutComment(line.substr(equals + 1)));
    profile_->values.insert_or_assign(std::move(key), std::string(value));
    return {};
  }

  std::unexpected<Error> Broken(std::string_view what) const {
    return NoCredentials(Code::kPermissionDenied, "a shared file of profiles has a broken line",
                         fmt::format("line {}: {}", number_, what));
  }

  const ProfileFile kind_;
  Profiles profiles_;
  Profile* profile_ = nullptr;  // of the section; null: the section is no profile
  bool in_section_ = false;
  bool long_default_ = false;
  size_t number_ = 0;
  std::optional<size_t> property_indent_;
};

// Empty: nobody says where the file is.
std::string PathOf(const Environment& environment, const std::string& variable,
                   std::string_view in_home) {
  const std::string home = Variable(environment, "HOME");
  std::string path = Variable(environment, variable);
  if (path.empty()) return home.empty() ? std::string() : fmt::format("{}/{}", home, in_home);
  if (path.starts_with("~/") && !home.empty()) path.replace(0, 1, home);
  return path;
}

Result<Profiles> LoadFile(const std::string& path, ProfileFile kind) {
  if (path.empty()) return Profiles();
  const bool keys = kind == ProfileFile::kCredentials;
  std::optional<std::string> text = TRY(
      ReadSmallFile(path, keys ? "the shared credentials file" : "the shared configuration file"));
  if (!text.has_value()) return Profiles();
  Result<Profiles> profiles = ParseProfiles(*text, kind);
  crypto::Wipe(*text);
  if (!profiles.has_value()) return std::unexpected(std::move(profiles).error().Context(path));
  return profiles;
}

}  // namespace

Profile::~Profile() {
  for (auto& [key, value] : values) crypto::Wipe(value);
}

std::string Profile::Value(std::string_view key) const {
  const auto found = values.find(key);
  return found == values.end() ? std::string() : found->second;
}

Result<Profiles> ParseProfiles(std::string_view text, ProfileFile kind) {
  return Parser(kind).Parse(text);
}

Result<Profiles> LoadProfiles(const Environment& environment) {
  Profiles profiles =
      TRY(LoadFile(PathOf(environment, "AWS_CONFIG_FILE", ".aws/config"), ProfileFile::kConfig));
  const Profiles keys =
      TRY(LoadFile(PathOf(environment, "AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"),
                   ProfileFile::kCredentials));
  for (const auto& [name, profile] : keys) {
    Profile& merged = profiles[name];
    for (const auto& [key, value] : profile.values) merged.values.insert_or_assign(key, value);
  }
  return profiles;
}

std::string ProfileName(const std::string& asked, const Environment& environment) {
  if (!asked.empty()) return asked;
  std::string name = Variable(environment, "AWS_PROFILE");
  return name.empty() ? std::string(kDefault) : name;
}

}  // namespace sluice::storage
