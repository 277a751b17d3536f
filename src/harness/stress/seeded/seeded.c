/*
 * seeded.c: what a ThreadSanitizer interpreter must find before anything that it
 * says is believed. add() counts in a variable that all threads share: without
 * SEEDED_LOCK a data race, with it (the module "twin") correct.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#ifdef SEEDED_LOCK
#define LOCK PyMutex_Lock(&lock)
#define UNLOCK PyMutex_Unlock(&lock)
#define NAME "twin"
#define INIT PyInit_twin
static PyMutex lock;
#else
#define LOCK (void)0
#define UNLOCK (void)0
#define NAME "seeded"
#define INIT PyInit_seeded
#endif

static long total;

static PyObject *add(PyObject *module, PyObject *number)
{
	(void)module;
	long value = PyLong_AsLong(number);
	if (value == -1 && PyErr_Occurred())
		return NULL;
	LOCK;
	total += value;
	long now = total;
	UNLOCK;
	return PyLong_FromLong(now);
}

static PyMethodDef methods[] = {
	{ "add", add, METH_O, "Adds to the total of all threads." },
	{ NULL, NULL, 0, NULL },
};

static PyModuleDef_Slot slots[] = {
	{ Py_mod_gil, Py_MOD_GIL_NOT_USED },
	{ 0, NULL },
};

static struct PyModuleDef module = {
	PyModuleDef_HEAD_INIT, .m_name = NAME, .m_methods = methods, .m_slots = slots,
};

/* Declares Py_MOD_GIL_NOT_USED: else importing it would turn the GIL on and hide the race. */
PyMODINIT_FUNC INIT(void)
{
	return PyModuleDef_Init(&module);
}
