#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "conformance/context.h"

namespace sluice::conformance {
namespace {

constexpr size_t kMaxShown = 1000;  // of a body or a header, in a command

// 'x', as a shell takes it; control characters as $'\n'.
std::string Quoted(std::string_view text) {
  const bool control = std::ranges::any_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  std::string out = control ? "$'" : "'";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else if (c == '\'') {
      out += control ? "\\'" : "'\\''";
    } else if (control && c == '\\') {
      out += "\\\\";
    } else {
      out += c;
    }
  }
  return out + '\'';
}

std::string Cut(std::string_view text) {
  if (text.size() <= kMaxShown) return std::string(text);
  return fmt::format("{}...({} bytes in all)", text.substr(0, 60), text.size());
}

bool EndsUrl(char c) {
  return c == '"' || c == '\'' || c == '\\' || c == '<' || c == '>' || c == ' ';
}

// Replaces the query of every URL of a file: it is what opens the file.
std::string WithoutUrlSecrets(std::string_view text) {
  std::string out;
  while (true) {
    const size_t begin = std::min(text.find("http://"), text.find("https://"));
    if (begin == std::string_view::npos) return out.append(text);
    const size_t end = static_cast<size_t>(
        std::find_if(text.begin() + static_cast<std::ptrdiff_t>(begin), text.end(), EndsUrl) -
        text.begin());
    const std::string_view url = text.substr(0, end);
    const size_t query = url.find('?', begin);
    out.append(url.substr(0, query));
    if (query != std::string_view::npos) out += "?...";
    text.remove_prefix(end);
  }
}

}  // namespace

std::string CurlCommand(const Call& call, std::string_view url) {
  const bool below = call.target.starts_with('/');
  std::string out = "curl -sS -i --path-as-is";
  if (call.method == "HEAD") {
    out += " -I";
  } else if (call.method != "GET") {
    out += " -X " + call.method;
  }
  if (below && call.auth == Auth::kToken) out += R"( -H "Authorization: Bearer $TOKEN")";
  for (const auto& [name, value] : call.headers) {
    if (EqualsIgnoreCase(name, "Authorization")) {  // so that the shell puts in $TOKEN
      out += fmt::format(R"( -H "{}: {}")", name, value);
      continue;
    }
    out += " -H " + Quoted(Cut(fmt::format("{}{} {}", name, value.empty() ? ";" : ":", value)));
  }
  if (call.method == "POST" && std::ranges::none_of(call.headers, [](const auto& header) {
        return EqualsIgnoreCase(header.first, "Content-Type");
      })) {
    out += " -H 'Content-Type:'";
  }
  if (!call.body.empty() || call.method == "POST") {
    out += " --data-binary " + Quoted(Cut(call.body));
  }
  return out + ' ' + Quoted(below ? Cut(url) : WithoutUrlSecrets(url));
}

std::string Excerpt(std::string_view text, size_t limit) {
  std::string out;
  for (const char c : text.substr(0, std::min(text.size(), limit * 8))) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n' && !out.empty()) {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  // A URL is made harmless before it is cut: half a signature is one too.
  out = WithoutUrlSecrets(out);
  if (out.size() <= limit) return out;
  size_t end = limit;
  while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xc0U) == 0x80) --end;
  return out.substr(0, end) + "...";
}

}  // namespace sluice::conformance
