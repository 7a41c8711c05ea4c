// `windrow dev receiver`.
#pragma once

#include "cli/session.h"

namespace CLI {
class App;
}

namespace windrow::cli {

CLI::App* AddDevReceiver(CLI::App* dev, Session* session);

}  // namespace windrow::cli
