/* main.c: placeholder until the commands are in. */
#include "model/survey.h"

int main(void)
{
	puts("migrate-check");
	return 0;
}
