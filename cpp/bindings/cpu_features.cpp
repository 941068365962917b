// Which of the built variants this CPU can run. Compiled for the lowest instruction set.
//
// Plain C API: pybind11 sets itself up while a module is loaded, and waits for ever for the GIL in
// a sub-interpreter. This module is loaded first, so it is the one that refuses.
#include <Python.h>

#include <string>
#include <vector>

#include "isa_levels.hpp"

namespace {

std::vector<std::string> built() {
  std::vector<std::string> names;
  std::string name;
  for (const char c : std::string(IPGD_VARIANTS) + ",") {
    if (c != ',') {
      name += c;
    } else {
      names.push_back(name);
      name.clear();
    }
  }
  return names;
}

std::vector<std::string> usable() {
  std::vector<std::string> names;
  for (const std::string& name : built())
    if (ipgd::cpu_runs(name)) names.push_back(name);
  return names;
}

PyObject* as_list(const std::vector<std::string>& names) {
  PyObject* const list = PyList_New(0);
  for (const std::string& name : names) {
    PyObject* const text = list == nullptr ? nullptr : PyUnicode_FromString(name.c_str());
    const bool added = text != nullptr && PyList_Append(list, text) == 0;
    Py_XDECREF(text);
    if (!added) {
      Py_XDECREF(list);
      return nullptr;
    }
  }
  return list;
}

PyMethodDef functions[] = {
    {"built", [](PyObject*, PyObject*) { return as_list(built()); }, METH_NOARGS,
     "Names of the variants that were built, slowest first."},
    {"usable", [](PyObject*, PyObject*) { return as_list(usable()); }, METH_NOARGS,
     "Names of those that this CPU can run, slowest first."},
    {nullptr, nullptr, 0, nullptr},
};

PyModuleDef_Slot slots[] = {
#ifdef Py_mod_multiple_interpreters
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
#endif
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, nullptr},
};

PyModuleDef definition = {PyModuleDef_HEAD_INIT,
                          "_cpu_features",
                          "Instruction-set variants of the core: built, and usable on this CPU.",
                          0,
                          functions,
                          slots,
                          nullptr,
                          nullptr,
                          nullptr};

}  // namespace

PyMODINIT_FUNC PyInit__cpu_features() {
  if (PyInterpreterState_Get() != PyInterpreterState_Main()) {
    PyErr_SetString(
        PyExc_ImportError,
        "ipgd: expected the main interpreter, got a sub-interpreter, where the compiled "
        "core cannot be loaded");
    return nullptr;
  }
  return PyModuleDef_Init(&definition);
}
