/** The descriptor on which the process of a submission is told what to run, a line of JSON each. */
export const ORDER_DESCRIPTOR = 3;
