#include "sharing/html_page.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/crypto/crypto.h"
#include "base/encoding.h"
#include "base/markup.h"

namespace sluice::sharing {
namespace {

// Contrasts are at least 4.5 to 1 for text and 3 to 1 for what is pressed, in both schemes.
constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark;--text:#1b1f24;--soft:#57606a;--back:#f3f5f7;--card:#fff;--box:#f3f5f7;
--line:#d0d7de;--press:#0550ae;--pressed:#033d8b;--on-press:#fff;--warn:#8a4600;--warn-box:#fff4e0}
@media(prefers-color-scheme:dark){:root{--text:#e6edf3;--soft:#9aa5b1;--back:#0d1117;--card:#161b22;
--box:#0d1117;--line:#3d444d;--press:#79b8ff;--pressed:#a5d0ff;--on-press:#0d1117;--warn:#f0b35a;
--warn-box:#2a2113}}
*{box-sizing:border-box}
body{font:17px/1.55 system-ui,sans-serif;color:var(--text);background:var(--back);margin:0;
padding:clamp(.75rem,4vw,3rem) clamp(.75rem,4vw,2rem)}
main{max-width:46rem;margin:0 auto;background:var(--card);border:1px solid var(--line);
border-radius:12px;padding:clamp(1.1rem,4vw,2.5rem);overflow-wrap:anywhere}
h1{font-size:clamp(1.4rem,4.5vw,1.8rem);line-height:1.25;margin:0 0 .75rem;text-wrap:balance}
h2{font-size:1.15rem;margin:2.25rem 0 .5rem}
p{margin:.5rem 0}ul,ol{margin:.5rem 0;padding-left:1.4rem}li{margin:.25rem 0}
.soft{color:var(--soft)}.small{font-size:.9rem;line-height:1.45}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.35rem 1.25rem;margin:1.25rem 0}
dt{color:var(--soft)}dd{margin:0;font-weight:500}
@media(max-width:34rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.6rem}}
.note{background:var(--warn-box);border-left:4px solid var(--warn);border-radius:4px;
padding:.7rem 1rem;margin:1.25rem 0}.note strong{color:var(--warn)}
.buttons{display:flex;flex-wrap:wrap;gap:.75rem;margin:1.25rem 0}
button{font:inherit;font-weight:600;min-height:3rem;padding:.6rem 1.3rem;border-radius:8px;
cursor:pointer;border:2px solid var(--press);background:var(--press);color:var(--on-press)}
button:hover{background:var(--pressed);border-color:var(--pressed)}
button.second{background:transparent;color:var(--press)}
button.second:hover{text-decoration:underline;border-color:var(--pressed)}
:focus-visible{outline:3px solid var(--press);outline-offset:3px}
@media(max-width:34rem){button{width:100%}}
details{border:1px solid var(--line);border-radius:8px;margin:.5rem 0}
summary{cursor:pointer;font-weight:600;padding:.65rem 1rem}
details>div{padding:0 1rem 1rem}
code,pre,textarea{font:.88em/1.5 ui-monospace,monospace}
pre,textarea{background:var(--box);color:inherit;border:1px solid var(--line);border-radius:6px;
padding:.7rem .85rem;margin:.5rem 0;width:100%;overflow-x:auto;overflow-wrap:normal}
pre code{font:inherit;user-select:all;-webkit-user-select:all}
textarea{min-height:11rem;resize:vertical;white-space:pre}label{font-weight:600}
)";

// A Content-Security-Policy names the one style by its hash (CSP Level 3, 2.3.1).
std::string HashOf(std::string_view style) {
  std::string hash = Base64Url(crypto::View(crypto::Sha256(style))) + '=';
  std::ranges::replace(hash, '-', '+');
  std::ranges::replace(hash, '_', '/');
  return hash;
}

const std::string& Policy() {
  static const std::string policy = fmt::format(
      "default-src 'none'; style-src 'sha256-{}'; form-action 'self'; base-uri 'none'; "
      "frame-ancestors 'none'",
      HashOf(kStyle));
  return policy;
}

}  // namespace

void KeepPrivate(net::Response& response) {
  response.headers.Set("Cache-Control", "no-store");
  response.headers.Set("Referrer-Policy", "no-referrer");
  response.headers.Set("X-Content-Type-Options", "nosniff");
  response.headers.Set("X-Frame-Options", "DENY");
  response.headers.Set("X-Robots-Tag", "noindex");
}

net::Response HtmlPage(int status, std::string_view title, std::string_view body) {
  net::Response response = net::Response::Text(
      status, "text/html; charset=utf-8",
      fmt::format("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n{}</main>\n"
                  "</body>\n</html>\n",
                  Escaped(title), kStyle, body));
  KeepPrivate(response);
  response.headers.Set("Content-Security-Policy", Policy());
  return response;
}

}  // namespace sluice::sharing
