// portal/routes.h -- the files of the portal, for browsers.
#pragma once

#include "net/router.h"
#include "portal/files.h"

namespace sluice::portal {

// Takes every GET that no other table claims, from whoever asks: the files are the same for all and
// hold nothing of anybody. A file that there is; else, for a page that a person opens
// ("/shares/retail": Accept has text/html, and it is not below "/assets/"), "/index.html", whose
// router knows the page; else 404. Never a redirect, and no path is decoded or put together, so
// that none leads anywhere else.
//
// Without "/index.html" there is no portal: pages answer 404 and how to build it.
net::RouteTable Routes(Files files);

}  // namespace sluice::portal
