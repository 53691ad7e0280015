#include "portal/routes.h"

#include <algorithm>
#include <string>

#include "portal/encoding.h"

namespace sluice::portal {
namespace {

constexpr std::string_view kIndex = "/index.html";
constexpr std::string_view kPlainText = "text/plain; charset=utf-8";
constexpr std::string_view kNotBuilt =
    "This server was built without its portal. `make build` builds both; the REST API under /api "
    "and the sharing protocol are here all the same.\n";

// What a browser may do with anything that comes from here. Nothing of other hosts is loaded, no
// page of another site shows ours in a frame, and scripts are files of ours only. Styles may stand
// in the page: the components set sizes and places on elements as they are shown, and no hash of
// them can be known before; a style cannot read or send anything under this policy.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; "
    "manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

constexpr std::string_view kAssets = "/assets/";

void AddSafety(net::Headers& headers) {
  headers.Add("Content-Security-Policy", std::string(kPolicy));
  headers.Add("X-Content-Type-Options", "nosniff");
  headers.Add("X-Frame-Options", "DENY");
  // Other sites learn nothing of our addresses. Not "no-referrer", with which some requests of our
  // own pages would come with "Origin: null".
  headers.Add("Referrer-Policy", "same-origin");
  headers.Add("Cross-Origin-Opener-Policy", "same-origin");
  headers.Add("Cross-Origin-Resource-Policy", "same-origin");
  headers.Add("Permissions-Policy",
              "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=()");
}

net::Response PlainText(int status, std::string_view text) {
  net::Response response = net::Response::Text(status, kPlainText, std::string(text));
  AddSafety(response.headers);
  response.headers.Add("Cache-Control", "no-store");
  return response;
}

const File* Find(Files files, std::string_view path) {
  const auto found = std::ranges::lower_bound(files, path, {}, &File::path);
  return found == files.end() || found->path != path ? nullptr : &*found;
}

// Whether a person opens this path as a page; names in it may have dots ("/catalog/shop.sales"). Of
// an asset that is gone nobody gets a page for an answer.
bool IsPage(const net::Request& request) {
  return !request.path.starts_with(kAssets) &&
         request.headers.Find("accept").value_or("").find("text/html") != std::string_view::npos;
}

net::Response Answer(const File& file, const net::Request& request) {
  net::Response response;
  net::Headers& headers = response.headers;
  headers.Add("ETag", std::string(file.etag));
  // The build puts a hash of their content into the names of assets.
  const bool is_hashed = file.path.starts_with(kAssets);
  headers.Add("Cache-Control", is_hashed ? "public, max-age=31536000, immutable" : "no-cache");
  headers.Add("Vary", "Accept-Encoding");
  AddSafety(headers);
  const auto known = request.headers.Find("if-none-match");
  if (known && HasTag(*known, file.etag)) {
    response.status = 304;
    return response;
  }
  headers.Add("Content-Type", std::string(file.content_type));
  const std::string_view accepted = request.headers.Find("accept-encoding").value_or("");
  std::string_view bytes = file.plain;
  if (!file.brotli.empty() && Accepts(accepted, "br")) {
    bytes = file.brotli;
    headers.Add("Content-Encoding", "br");
  } else if (!file.gzip.empty() && Accepts(accepted, "gzip")) {
    bytes = file.gzip;
    headers.Add("Content-Encoding", "gzip");
  }
  response.body = net::StaticBody{bytes};
  return response;
}

net::Response Serve(Files files, const net::Request& request) {
  const bool is_root = request.path == "/";
  const File* file = Find(files, is_root ? kIndex : std::string_view(request.path));
  if (file == nullptr && (is_root || IsPage(request))) {
    file = Find(files, kIndex);
    if (file == nullptr) return PlainText(404, kNotBuilt);
  }
  return file == nullptr ? PlainText(404, "404 Not Found\n") : Answer(*file, request);
}

net::Response RenderError(const Error& error) {
  net::Response response = PlainText(net::HttpStatus(error), error.message + "\n");
  response.error = error;
  return response;
}

}  // namespace

net::RouteTable Routes(Files files) {
  net::RouteTable table{.prefix = "", .routes = {}, .render_error = RenderError};
  table.rest = net::Route{.method = net::Method::kGet,
                          .pattern = {},
                          .access = net::Access::kPublic,
                          .work = net::Work::kMemory,
                          .handler = [files](const net::Request& request) -> Result<net::Response> {
                            return Serve(files, request);
                          },
                          .operation = "getPortalFile",
                          .audited = false};
  return table;
}

}  // namespace sluice::portal
