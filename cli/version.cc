#include "common/base/version.h"

#include <CLI/CLI.hpp>
#include <ostream>

#include "cli/commands.h"

namespace windrow::cli {

void AddVersion(CLI::App* app, Session* session) {
  CLI::App* version = app->add_subcommand("version", "Print the version of this program");
  version->callback([session] {
    session->action = [session] {
      if (session->output == OutputFormat::kTable) {
        session->out << "windrow " << kVersion << '\n';
      } else {
        session->out << "{\"version\":\"" << kVersion << "\"}\n";
      }
      return kOk;
    };
  });
}

}  // namespace windrow::cli
