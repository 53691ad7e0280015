#include "server/activation_routes.h"

#include "base/encoding.h"
#include "catalog/activation.h"
#include "sharing/activation_page.h"
#include "unity/recipient_json.h"
#include "unity/routes.h"

namespace sluice::server {
namespace {

struct Pages {
  const unity::Services& services;
  std::string sign_in;
};

std::string_view NonceOf(const net::Request& request) {
  return catalog::NonceOfLink(request.Param("nonce"));
}

net::Response Problem(sharing::LinkProblem problem, const net::Request& request, Error error) {
  net::Response response = sharing::LinkProblemPage(problem, request.client.Text());
  response.error = std::move(error);
  return response;
}

// The page for a link that is not good; a failure of another kind is passed on.
Result<net::Response> Refuse(Error error, const net::Request& request) {
  switch (error.code) {
    case Code::kNotFound: return Problem(sharing::LinkProblem::kUnknown, request, std::move(error));
    case Code::kPermissionDenied:
      return Problem(sharing::LinkProblem::kWrongAddress, request, std::move(error));
    default: return std::unexpected(std::move(error));
  }
}

net::Response RefuseSpent(const catalog::Activation& activation, const net::Request& request,
                          Error error) {
  const bool expired = activation.state == catalog::Activation::State::kExpired;
  return Problem(expired ? sharing::LinkProblem::kExpired : sharing::LinkProblem::kUsed, request,
                 std::move(error));
}

sharing::Invitation InvitationOf(const Pages& pages, const net::Request& request,
                                 const catalog::Activation& activation) {
  const unity::Services& services = pages.services;
  const auto picture = services.catalog.Now();
  return {.organization = picture->metastore().As<catalog::Metastore>().organization_name,
          .recipient = activation.recipient->name,
          .endpoint = unity::PublicOrigin(services, request) + services.options.sharing_prefix,
          .link_ends = activation.link_expires_at,
          .access_ends = activation.token_expires_at,
          .sign_in = pages.sign_in};
}

// That the POST comes from our own page or from no page at all. The page sends no Referer, for its
// address is a secret, and so a browser writes "Origin: null"; those that know Sec-Fetch-Site (all
// since 2023) say there whose page it was.
Status CheckIsFromOurPage(const unity::Services& services, const net::Request& request) {
  const auto site = request.headers.Find("sec-fetch-site");
  const bool site_fits = !site || *site == "same-origin" || *site == "none";
  const auto origin = request.headers.Find("origin");
  const bool origin_fits = !origin || *origin == "null" || *origin == request.Origin() ||
                           *origin == unity::PublicOrigin(services, request);
  if (site_fits && origin_fits) return {};
  return Fail(Code::kPermissionDenied, "This button can only be pressed on the page of the link.");
}

// Of a form, or of no body.
Status CheckIsForm(const net::Request& request) {
  constexpr std::string_view kForm = "application/x-www-form-urlencoded";
  std::string_view type = request.headers.Find("content-type").value_or(kForm);
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  if (EqualsIgnoreCase(type, kForm)) return {};
  return Fail(Code::kUnsupported, "This page takes the form of its button only.", {},
              net::kReasonMediaType);
}

Result<net::Response> ShowInvitation(const Pages& pages, const net::Request& request) {
  const auto activation =
      catalog::ActivationInfo(pages.services.catalog, NonceOf(request), request.client);
  if (!activation) return Refuse(activation.error(), request);
  const Status ready = catalog::CheckIsReady(*activation);
  if (!ready) return RefuseSpent(*activation, request, ready.error());
  return sharing::InvitationPage(InvitationOf(pages, request, *activation));
}

Result<net::Response> HandOut(const Pages& pages, const net::Request& request) {
  const unity::Services& services = pages.services;
  TRY(CheckIsFromOurPage(services, request));
  TRY(CheckIsForm(request));
  auto activation = catalog::ActivationInfo(services.catalog, NonceOf(request), request.client);
  if (!activation) return Refuse(activation.error(), request);
  const auto minted = catalog::Activate(services.catalog, NonceOf(request), request.client);
  // Somebody else may have been faster, or the link came to its end, since it was looked at.
  if (!minted && minted.error().code == Code::kNotFound) {
    activation = catalog::ActivationInfo(services.catalog, NonceOf(request), request.client);
    if (activation) return RefuseSpent(*activation, request, minted.error());
  }
  if (!minted) return Refuse(minted.error(), request);
  sharing::Invitation invitation = InvitationOf(pages, request, *activation);
  invitation.access_ends = minted->expires_at;
  const sharing::ProfileFile profile{invitation.endpoint, minted->token, minted->expires_at};
  const bool as_page = sharing::AskedDelivery(request.body) == sharing::Delivery::kPage;
  return as_page ? sharing::ProfilePage(invitation, profile) : sharing::ProfileDownload(profile);
}

}  // namespace

net::RouteTable ActivationPages(const unity::Services& services, const std::string& sign_in) {
  const Pages pages{services, sign_in};
  const auto row = [&](net::Method method, net::Work work, auto handler,
                       std::string_view operation) {
    return net::Route{
        .method = method,
        .pattern = "/{nonce}",
        // As of all links that work without a token: no log shows their path.
        .access = net::Access::kSignedLink,
        .work = work,
        .handler = [pages,
                    handler](const net::Request& request) { return handler(pages, request); },
        .operation = operation,
        .describe =
            [&services](const net::Request& request) {
              return unity::RecipientOfLink(services, NonceOf(request));
            }};
  };
  return {"/activate",
          {row(net::Method::kGet, net::Work::kMemory, ShowInvitation, "getActivationUrlInfo"),
           row(net::Method::kPost, net::Work::kStorage, HandOut, "retrieveRecipientToken")},
          sharing::ErrorPage};
}

}  // namespace sluice::server
